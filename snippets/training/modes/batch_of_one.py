import torch
from torch import nn

norm = nn.BatchNorm1d(4)
try:
    norm(torch.ones(1, 4))
except ValueError as error:
    print(error)
    #> Expected more than 1 value per channel when training, got input size ...
print(norm.eval()(torch.ones(1, 4)).shape)
#> torch.Size([1, 4])
print(nn.BatchNorm2d(4)(torch.ones(1, 4, 5, 5)).shape)
#> torch.Size([1, 4, 5, 5])
print(nn.LayerNorm(4)(torch.ones(1, 4)).shape)
#> torch.Size([1, 4])
