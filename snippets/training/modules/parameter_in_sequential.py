import torch
from torch import nn

print(issubclass(nn.Linear, nn.Module), issubclass(nn.Parameter, nn.Module))
#> True False
try:
    nn.Sequential(nn.Linear(4, 3), nn.Parameter(torch.ones(3)))
except TypeError as error:
    print(error)
    #> ... is not a Module subclass
