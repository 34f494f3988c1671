# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main():
    torch.manual_seed(0)
    layers = [nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False)]
    model = nn.Sequential(*layers)
    model[0].requires_grad_(False)
    ddp = DistributedDataParallel(model)
    model[0].requires_grad_(True)  # too late
    ddp(torch.ones(1, 2) * 10 ** dist.get_rank()).sum().backward()
    for name, p in model.named_parameters():
        every = [torch.empty_like(p) for _ in range(2)]
        dist.all_gather(every, p.grad)
        if dist.get_rank() == 0:
            print(name, *(grad[0] for grad in every))


with distributed(device="cpu"):
    main()
    #> 0.weight tensor([-0.2723, -0.2723]) tensor([-2.7235, -2.7235])
    #> 1.weight tensor([ 2.0572, -6.0630]) tensor([ 2.0572, -6.0630])
