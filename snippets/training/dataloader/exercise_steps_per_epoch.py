import math

from torch.utils.data import DataLoader

for drop_last in (False, True):
    loader = DataLoader(range(1000), batch_size=64, drop_last=drop_last)
    sizes = [len(batch) for batch in loader]
    print(len(loader), "steps, the last with", sizes[-1])
#> 16 steps, the last with 40
#> 15 steps, the last with 64
print(math.ceil(1000 / 64), 1000 // 64, 1000 % 64)
#> 16 15 40
