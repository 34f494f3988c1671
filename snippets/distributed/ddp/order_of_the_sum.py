# Needs: snippets
# Run: torchrun --nproc-per-node=3 FILE
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    torch.manual_seed(rank)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64))
    model, x = DistributedDataParallel(net), torch.randn(8, 64)
    gradients = []
    for _ in range(3):
        model.zero_grad()
        model(x).square().mean().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in net.parameters()]))
    first, second, third = gradients
    if rank == 0:
        print("first and second:", first.equal(second), first.allclose(second))
        print("second and third:", second.equal(third))


with distributed(device="cpu") as here:
    main(here.rank)
    #> first and second: False True
    #> second and third: True
