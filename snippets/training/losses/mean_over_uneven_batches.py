import torch
from torch import nn

losses = torch.tensor([1.0, 1.0, 1.0, 1.0, 6.0])
batches = losses.split(4)
print([batch.mean().item() for batch in batches])
#> [1.0, 6.0]
print(sum(batch.mean() for batch in batches) / len(batches))
#> tensor(3.5000)

criterion = nn.L1Loss()
total = 0.0
for batch in batches:
    total += criterion(batch, torch.zeros_like(batch)).item() * len(batch)
print(total / len(losses), losses.mean().item())
#> 2.0 2.0
