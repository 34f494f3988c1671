# Device: cpu
import torch
from torch.utils.data import BatchSampler, RandomSampler, SequentialSampler

ages = range(5, 15)
generator = torch.Generator().manual_seed(0)
print(list(SequentialSampler(ages)))
#> [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
print(list(RandomSampler(ages, generator=generator)))
#> [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]

batches = list(BatchSampler(SequentialSampler(ages), batch_size=3, drop_last=False))
print(batches)
#> [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
print([ages[k] for k in batches[0]])
#> [5, 6, 7]
