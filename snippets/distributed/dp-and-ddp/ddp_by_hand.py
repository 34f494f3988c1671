# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    torch.manual_seed(0)
    model, twin = nn.Linear(4, 2), nn.Linear(4, 2)
    twin.load_state_dict(model.state_dict())
    x = torch.randn(2, 3, 4)[here.rank]

    ddp = DistributedDataParallel(twin)
    ddp(x).square().mean().backward()

    model(x).square().mean().backward()
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad)
        parameter.grad /= here.world_size

    if here.is_main:
        assert torch.allclose(model.weight.grad, twin.weight.grad)
        print(model.weight.grad[0], "by hand")
        #> tensor([ 0.0333,  0.1173, -0.7186, -1.4276]) by hand
        print(twin.weight.grad[0], "by DDP")
        #> tensor([ 0.0333,  0.1173, -0.7186, -1.4276]) by DDP
