import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
x = torch.tensor([[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]])
for mode in True, False:
    model.train(mode).zero_grad()
    model(x).square().sum().backward()
    print(mode, [p.grad is not None for p in model.parameters()])
#> True [True, True, True, True]
#> False [True, True, True, True]
