import torch
from torch import nn

layer = nn.Linear(100, 50)
bound = 1 / 100**0.5
for values in layer.weight, layer.bias:
    print(values.abs().max() <= bound, values.abs().max() > 0.8 * bound)
#> tensor(True) tensor(True)
#> tensor(True) tensor(True)

before = layer.weight.clone()
layer.reset_parameters()
print(torch.equal(before, layer.weight))
#> False
