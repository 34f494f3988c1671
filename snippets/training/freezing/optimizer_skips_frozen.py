from collections import OrderedDict

import torch
from torch import nn

layers = OrderedDict(backbone=nn.Linear(4, 3), head=nn.Linear(3, 2))
model = nn.Sequential(layers)
model.backbone.requires_grad_(False)
before = {name: p.clone() for name, p in model.named_parameters()}

optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5)
(model(torch.ones(1, 4)) - 1).pow(2).sum().backward()
optimizer.step()
print([name for name, p in model.named_parameters() if not p.equal(before[name])])
#> ['head.weight', 'head.bias']
print(len(optimizer.state))
#> 2
