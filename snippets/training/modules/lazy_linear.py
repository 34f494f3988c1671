import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.LazyLinear(10))
print(model[2])
#> LazyLinear(in_features=0, out_features=10, bias=True)
try:
    model[2].weight.numel()
except ValueError as error:
    print(error)
    #> Attempted to use an uninitialized parameter in <method 'numel' of ...

model(torch.zeros(1, 1, 8, 8))
print(model[2])
#> Linear(in_features=144, out_features=10, bias=True)
print(model[2].weight.numel())
#> 1440
