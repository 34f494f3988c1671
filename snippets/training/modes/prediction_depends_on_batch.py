import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
x = torch.arange(24.0).view(6, 4).sin()
for mode in True, False:
    model.train(mode)
    few, all_rows = model(x[:3])[0], model(x)[0]
    print(mode, torch.allclose(few, all_rows, atol=1e-5))
#> True False
#> False True
