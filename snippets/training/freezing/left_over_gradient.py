import torch
from torch import nn

layer = nn.Linear(2, 1, bias=False)
nn.init.ones_(layer.weight)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
layer(torch.ones(1, 2)).sum().backward()

layer.requires_grad_(False)
optimizer.step()
print(layer.weight.data)
#> tensor([[0.9000, 0.9000]])

layer.weight.grad = None
optimizer.step()
print(layer.weight.data)
#> tensor([[0.9000, 0.9000]])
