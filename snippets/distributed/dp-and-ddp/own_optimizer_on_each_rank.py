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
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        ddp(torch.randn(4, 2)).square().mean().backward()  # each its own samples
        optimizer.step()
    momentum = optimizer.state[model.weight]["momentum_buffer"]
    for tensor in (model.weight, momentum):
        every = [torch.empty(1, 2) for _ in range(2)]
        dist.all_gather(every, tensor)
        if dist.get_rank() == 0:
            print(torch.equal(*every))


with distributed(device="cpu"):
    main()
    #> True
    #> True
