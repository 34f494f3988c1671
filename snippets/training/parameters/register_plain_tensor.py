import torch
from torch import nn

model = nn.Module()
try:
    model.register_parameter("weight", torch.zeros(3))
except TypeError as error:
    print(error)
    #> cannot assign ... to parameter 'weight' (torch.nn.Parameter or None required)

model.register_parameter("weight", nn.Parameter(torch.zeros(3)))
print(model.weight)
#> Parameter containing:
#> tensor([0., 0., 0.], requires_grad=True)
