from collections import OrderedDict

import torch
from torch import nn

torch.manual_seed(0)
backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
model = nn.Sequential(OrderedDict(backbone=backbone, head=nn.Linear(3, 2)))
model.backbone.requires_grad_(False)
optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)

model.backbone.requires_grad_(True)
weight = model.backbone[0].weight
before = weight.detach().clone()
(model(torch.randn(6, 4)) - 1).pow(2).sum().backward()
optimizer.step()
print(f"moved by {(weight - before).abs().max().item():.4f}")
#> moved by 0.0000

optimizer.add_param_group({"params": model.backbone.parameters(), "lr": 0.01})
optimizer.step()
print(f"moved by {(weight - before).abs().max().item():.4f}")
#> moved by 0.0247
assert not torch.equal(weight, before)
