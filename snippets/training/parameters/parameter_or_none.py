import torch
from torch import nn

layer = nn.Linear(4, 3, bias=False)
print(layer.bias)
#> None
print([name for name, _ in layer.named_parameters()], list(layer.state_dict()))
#> ['weight'] ['weight']

layer.bias = nn.Parameter(torch.zeros(3))
print([name for name, _ in layer.named_parameters()])
#> ['weight', 'bias']
