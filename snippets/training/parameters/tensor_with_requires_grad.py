import torch
from torch import nn

model = nn.Module()
model.weight = torch.zeros(2, requires_grad=True)
print(list(model.parameters()), list(model.state_dict()))
#> [] []

del model.weight
model.weight = nn.Parameter(torch.zeros(2))
print(list(model.parameters()))
#> [Parameter containing:
#> tensor([0., 0.], requires_grad=True)]
