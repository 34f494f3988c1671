from torch import nn

layer = nn.Linear(4, 3)
layer.requires_grad = False
print(layer.weight.requires_grad, layer.bias.requires_grad)
#> True True

layer = nn.Linear(4, 3)
layer.requires_grad_(False)
print(layer.weight.requires_grad, layer.bias.requires_grad)
#> False False
