# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def train(batches, wrap):
    torch.manual_seed(0)
    model = wrap(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for x in batches:
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    return next(model.parameters()).detach()


batches = torch.randn(20, 16, 4, generator=torch.Generator().manual_seed(0))
with distributed(device="cpu") as here:
    together = train(batches.chunk(2, dim=1)[here.rank], DistributedDataParallel)
    alone = train(batches, lambda model: model)
    if here.is_main:
        print("two ranks  ", together[0])
        #> two ranks   tensor([ 0.2681,  0.2798, -0.3119, -0.5702])
        print("one process", alone[0])
        #> one process tensor([ 0.2017,  0.3112, -0.3772, -0.4831])
