import torch
from torch.utils.data import DistributedSampler

sampler = DistributedSampler(torch.arange(8), num_replicas=2, rank=0)
for epoch in range(2):
    torch.manual_seed(epoch)  # changes nothing
    print("without", list(sampler))
#> without [4, 7, 2, 1]
#> without [4, 7, 2, 1]
for epoch in range(2):
    sampler.set_epoch(epoch)
    print("with", list(sampler))
#> with [4, 7, 2, 1]
#> with [5, 2, 7, 1]
