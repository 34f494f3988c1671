import torch
from torch.utils.data import DataLoader, DistributedSampler

dataset = torch.arange(8)
sampler = DistributedSampler(dataset, num_replicas=2, rank=0)
try:
    DataLoader(dataset, batch_size=2, shuffle=True, sampler=sampler)
except ValueError as error:
    print(error)
    #> sampler option is mutually exclusive with shuffle
num_workers = 2
try:
    DataLoader(dataset, 2, num_workers, sampler=sampler)  # the third is shuffle
except ValueError as error:
    print(error)
    #> sampler option is mutually exclusive with shuffle
