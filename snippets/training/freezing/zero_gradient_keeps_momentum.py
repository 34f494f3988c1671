import torch
from torch import nn

weight = nn.Parameter(torch.ones(1))
optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
weight.grad = torch.ones(1)
optimizer.step()
print(weight.data)
#> tensor([0.9000])

weight.requires_grad_(False)
optimizer.zero_grad(set_to_none=False)
optimizer.step()
print(weight.data)
#> tensor([0.8100])

optimizer.zero_grad()
optimizer.step()
print(weight.data)
#> tensor([0.8100])
