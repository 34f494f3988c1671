# Run: torchrun --nproc-per-node=2 FILE
import copy

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import parameters_to_vector


def train(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for x in batches:
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    return parameters_to_vector(model.parameters())


torch.manual_seed(0)
alone = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
batches = torch.randn(20, 16, 4)  # 20 steps
dist.init_process_group("gloo")
mine = batches.chunk(2, dim=1)[dist.get_rank()]  # 8 of each 16 samples
together = train(DistributedDataParallel(copy.deepcopy(alone)), mine)
difference = (together - train(alone, batches)).abs().max().item()
if dist.get_rank() == 0:
    print(difference > 0.01)
    #> True
dist.destroy_process_group()
