import torch
from torch import nn

bottom, top = nn.Linear(4, 3), nn.Linear(3, 2)
x = torch.ones(1, 4)

top.requires_grad_(False)
top(bottom(x)).sum().backward()
print(top.weight.grad is None, bottom.weight.grad is None)
#> True False

bottom.requires_grad_(False)
print(bottom(x).grad_fn)
#> None
