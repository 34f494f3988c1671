import torch
from torch import nn

layers = nn.ModuleList([nn.Linear(4, 8), nn.Linear(8, 3)])
try:
    layers(torch.ones(2, 4))
except NotImplementedError as error:
    print(error)
    #> Module [ModuleList] is missing the required "forward" function
print(nn.Sequential(*layers)(torch.ones(2, 4)).shape)
#> torch.Size([2, 3])
