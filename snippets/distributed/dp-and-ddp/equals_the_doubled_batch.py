# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import copy

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def train(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for x in batches:
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    return torch.cat([p.flatten() for p in model.parameters()])


torch.manual_seed(0)
alone = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
batches = torch.randn(20, 16, 4)  # 20 steps
with distributed(device="cpu") as here:
    mine = batches.chunk(2, dim=1)[here.rank]  # 8 of each 16 samples
    together = train(DistributedDataParallel(copy.deepcopy(alone)), mine)
    difference = together - train(alone, batches)
    if here.is_main:
        print(difference.abs().max().item() < 1e-6)
        #> True
