import torch
from torch.utils.data import DistributedSampler

dataset = torch.arange(5)
for drop_last in (False, True):
    for rank in (0, 1):  # in a process group it knows both numbers itself
        sampler = DistributedSampler(
            dataset, num_replicas=2, rank=rank, shuffle=False, drop_last=drop_last
        )
        print(drop_last, rank, list(sampler))
#> False 0 [0, 2, 4]
#> False 1 [1, 3, 0]
#> True 0 [0, 2]
#> True 1 [1, 3]
