from collections import OrderedDict

from torch import nn

backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
model = nn.Sequential(OrderedDict(backbone=backbone, head=nn.Linear(3, 10)))
model.requires_grad_(False)
model.head = nn.Linear(3, 2)
print([name for name, p in model.named_parameters() if p.requires_grad])
#> ['head.weight', 'head.bias']
