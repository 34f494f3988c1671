import torch
from torch import nn

layer = nn.Linear(2, 1)
try:
    layer.weight = torch.zeros(1, 2)
except TypeError as error:
    print(error)
    #> cannot assign ... as parameter 'weight' (torch.nn.Parameter or None expected)

with torch.no_grad():
    layer.weight.copy_(torch.tensor([[3.0, 4.0]]))
print(layer.weight)
#> Parameter containing:
#> tensor([[3., 4.]], requires_grad=True)
