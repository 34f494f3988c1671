# Device: cpu
import torch
from torch.utils.data import DataLoader

petals = [14, 13, 15, 47, 45, 49, 60, 51, 59]
for run in range(2):
    torch.rand(run)  # leaves the global generator in a different state
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(petals, batch_size=9, shuffle=True, generator=generator)
    for epoch in range(2):
        print(run, epoch, [batch.tolist() for batch in loader])
#> 0 0 [[15, 13, 47, 60, 14, 59, 51, 49, 45]]
#> 0 1 [[59, 14, 60, 49, 13, 15, 51, 45, 47]]
#> 1 0 [[15, 13, 47, 60, 14, 59, 51, 49, 45]]
#> 1 1 [[59, 14, 60, 49, 13, 15, 51, 45, 47]]
