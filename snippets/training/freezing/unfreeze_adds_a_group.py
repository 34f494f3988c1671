from collections import OrderedDict

import torch
from torch import nn

layers = OrderedDict(backbone=nn.Linear(4, 3), head=nn.Linear(3, 2))
model = nn.Sequential(layers)
model.backbone.requires_grad_(False)
optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)

model.backbone.requires_grad_(True)
before = model.backbone.bias.clone()
(model(torch.ones(1, 4)) - 1).pow(2).sum().backward()
optimizer.step()
print(torch.equal(model.backbone.bias, before))
#> True

optimizer.add_param_group({"params": model.backbone.parameters(), "lr": 0.01})
optimizer.step()
print(torch.equal(model.backbone.bias, before))
#> False
