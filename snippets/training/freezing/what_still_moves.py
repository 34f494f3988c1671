from collections import OrderedDict

import torch
from torch import nn

backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
model = nn.Sequential(OrderedDict(backbone=backbone, head=nn.Linear(3, 2)))
model.backbone.requires_grad_(False)
before = {name: value.clone() for name, value in model.state_dict().items()}

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.arange(24.0).view(6, 4)
(model(x) - 1).pow(2).mean().backward()
optimizer.step()
for name, value in model.state_dict().items():
    print("stays" if torch.equal(value, before[name]) else "moves", name)
#> stays backbone.0.weight
#> stays backbone.0.bias
#> stays backbone.1.weight
#> stays backbone.1.bias
#> moves backbone.1.running_mean
#> moves backbone.1.running_var
#> moves backbone.1.num_batches_tracked
#> moves head.weight
#> moves head.bias
