# Device: cpu
import torch
from torch.utils.data import DataLoader

for run in range(2):
    torch.rand(run)
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(range(6), batch_size=6, shuffle=True, generator=generator)
    print([batch.tolist() for epoch in range(2) for batch in loader])
#> [[5, 1, 0, 3, 2, 4], [4, 2, 1, 3, 0, 5]]
#> [[5, 1, 0, 3, 2, 4], [4, 2, 1, 3, 0, 5]]
