# Device: cpu
import torch
from torch.utils.data import BatchSampler, RandomSampler, SequentialSampler

petals = [14, 13, 15, 47, 45, 49, 60, 51, 59]
print(list(SequentialSampler(petals)))
#> [0, 1, 2, 3, 4, 5, 6, 7, 8]
generator = torch.Generator().manual_seed(0)
print(list(RandomSampler(petals, generator=generator)))
#> [8, 0, 2, 3, 7, 1, 4, 5, 6]

batches = list(BatchSampler(SequentialSampler(petals), batch_size=4, drop_last=False))
print(batches)
#> [[0, 1, 2, 3], [4, 5, 6, 7], [8]]
print([petals[k] for k in batches[0]])
#> [14, 13, 15, 47]
