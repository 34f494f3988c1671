import torch
from torch import nn

x = torch.ones(4)
print(nn.Dropout(p=0.0)(x), nn.Dropout(p=1.0)(x))
#> tensor([1., 1., 1., 1.]) tensor([0., 0., 0., 0.])
try:
    nn.Dropout(p=1.5)
except ValueError as error:
    print(error)
    #> dropout probability has to be between 0 and 1, but got 1.5
