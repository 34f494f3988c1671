import torch
from torch import nn

x = torch.ones(100_000)
for p in 0.2, 0.5, 0.8:
    y = nn.Dropout(p)(x)
    dropped = (y == 0).float().mean()
    print(p, y.unique().tolist(), f"{dropped:.1f} {y.mean():.1f}")
#> 0.2 [0.0, 1.25] 0.2 1.0
#> 0.5 [0.0, 2.0] 0.5 1.0
#> 0.8 [0.0, 5.0] 0.8 1.0
