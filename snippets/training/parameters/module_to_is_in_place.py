import torch
from torch import nn

model = nn.Linear(2, 1)
weight = model.weight
print(model.to(torch.float64) is model, model.weight is weight, weight.dtype)
#> True True torch.float64

x = torch.ones(2)
print(x.to(torch.float64) is x, x.dtype)
#> False torch.float32
