import torch
from torch import nn

layer = nn.Linear(4, 3)
layer.register_forward_hook(lambda module, inputs, output: print("hook"))
x = torch.ones(2, 4)
called = layer(x)
#> hook
direct = layer.forward(x)
print(torch.equal(called, direct))
#> True
