import torch
from torch import nn


def network(*sizes):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


model = network(64, 32, 16, 10)
print(model)
#> Sequential(
#>   (0): Linear(in_features=64, out_features=32, bias=True)
#>   (1): ReLU()
#>   (2): Linear(in_features=32, out_features=16, bias=True)
#>   (3): ReLU()
#>   (4): Linear(in_features=16, out_features=10, bias=True)
#> )
print(model(torch.ones(5, 64)).shape)
#> torch.Size([5, 10])
