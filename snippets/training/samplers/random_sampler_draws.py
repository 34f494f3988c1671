# Device: cpu
import torch
from torch.utils.data import RandomSampler

generator = torch.Generator().manual_seed(0)
for options in [{"num_samples": 3}, {"replacement": True}, {"num_samples": 12}]:
    sampler = RandomSampler(range(5), generator=generator, **options)
    print(len(sampler), list(sampler))
#> 3 [4, 0, 1]
#> 5 [3, 4, 2, 3, 2]
#> 12 [3, 2, 4, 0, 1, 4, 3, 0, 1, 2, 3, 0]
