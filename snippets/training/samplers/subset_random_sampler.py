# Device: cpu
import torch
from torch.utils.data import DataLoader, SubsetRandomSampler

torch.manual_seed(0)
sampler = SubsetRandomSampler([2, 3, 5, 7])
for epoch in range(2):
    drawn = [n.item() for n in DataLoader(range(10), sampler=sampler)]
    print(len(drawn), sorted(drawn))
#> 4 [2, 3, 5, 7]
#> 4 [2, 3, 5, 7]
