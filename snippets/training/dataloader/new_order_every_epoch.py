# Device: cpu
import torch
from torch.utils.data import DataLoader

torch.manual_seed(0)
loader = DataLoader(range(100), batch_size=100, shuffle=True)
first, second = (next(iter(loader)) for epoch in range(2))
print(torch.equal(first, second), torch.equal(first.sort()[0], second.sort()[0]))
#> False True
