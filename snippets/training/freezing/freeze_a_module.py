from collections import OrderedDict

from torch import nn

backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
model = nn.Sequential(OrderedDict(backbone=backbone, head=nn.Linear(3, 2)))
model.backbone.requires_grad_(False)
print([name for name, p in model.named_parameters() if p.requires_grad])
#> ['head.weight', 'head.bias']
print(sum(p.numel() for p in model.parameters() if not p.requires_grad))
#> 21
