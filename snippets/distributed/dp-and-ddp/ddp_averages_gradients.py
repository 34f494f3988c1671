# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main():
    rank = dist.get_rank()
    x = torch.tensor([[1.0, 2.0]]) * 10**rank  # each rank its own samples
    model = nn.Linear(2, 1, bias=False)
    alone = torch.autograd.grad(model(x).sum(), model.weight)[0]
    every = [torch.empty_like(alone) for _ in range(2)]
    dist.all_gather(every, alone)

    ddp = DistributedDataParallel(model)
    ddp(x).sum().backward()
    if rank == 0:
        print(every[0], every[1], sep="\n")
        print(model.weight.grad, "the mean")


with distributed(device="cpu"):
    main()
    #> tensor([[1., 2.]])
    #> tensor([[10., 20.]])
    #> tensor([[ 5.5000, 11.0000]]) the mean
