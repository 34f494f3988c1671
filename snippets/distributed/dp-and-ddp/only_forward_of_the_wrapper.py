# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main():
    model = nn.Linear(2, 1, bias=False)
    ddp = DistributedDataParallel(model)
    x = torch.ones(1, 2) * 10 ** dist.get_rank()
    for module in (ddp, ddp.module):
        model.zero_grad()
        module(x).sum().backward()
        every = [torch.empty(1, 2) for _ in range(2)]
        dist.all_gather(every, model.weight.grad)
        if dist.get_rank() == 0:
            print(type(module).__name__, *every)


with distributed(device="cpu"):
    main()
    #> DistributedDataParallel tensor([[5.5000, 5.5000]]) tensor([[5.5000, 5.5000]])
    #> Linear tensor([[1., 1.]]) tensor([[10., 10.]])
