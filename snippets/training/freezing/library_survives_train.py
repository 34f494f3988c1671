# Needs: snippets
from collections import OrderedDict

import torch
from snippets.freezing import freeze
from torch import nn

backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
model = nn.Sequential(OrderedDict(backbone=backbone, head=nn.Linear(3, 2)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
x = torch.arange(24.0).view(6, 4)
(model(x) - 1).pow(2).mean().backward()

freeze(model, "backbone")
before = {name: value.clone() for name, value in model.state_dict().items()}
model.train()
model(x)
optimizer.step()
after = model.state_dict()
print([name for name in after if not torch.equal(after[name], before[name])])
#> ['head.weight', 'head.bias']
