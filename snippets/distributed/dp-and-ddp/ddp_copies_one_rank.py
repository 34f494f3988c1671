# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def weights(model):
    every = [torch.empty(2) for _ in range(2)] if dist.get_rank() == 0 else None
    dist.gather(model.weight.detach().flatten(), every)
    return every


with distributed(device="cpu"):
    torch.manual_seed(dist.get_rank())  # each rank starts elsewhere
    model = nn.Linear(2, 1)
    before = weights(model)
    ddp = DistributedDataParallel(model)
    after = weights(model)
    if dist.get_rank() == 0:
        print("before", *before)
        #> before tensor([-0.0053,  0.3793]) tensor([ 0.3643, -0.3121])
        print("after ", *after)
        #> after  tensor([-0.0053,  0.3793]) tensor([-0.0053,  0.3793])
        assert torch.equal(before[0], after[1])
    del ddp
