from collections import OrderedDict

import torch
from torch import nn

backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
model = nn.Sequential(OrderedDict(backbone=backbone, head=nn.Linear(3, 2)))
model.backbone.requires_grad_(False)
before = {name: p.clone() for name, p in model.named_parameters()}

optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5)
x = torch.arange(24.0).view(6, 4)
(model(x) - 1).pow(2).sum().backward()
optimizer.step()
print([name for name, p in model.named_parameters() if not p.equal(before[name])])
#> ['head.weight', 'head.bias']
print(len(optimizer.state))
#> 2
