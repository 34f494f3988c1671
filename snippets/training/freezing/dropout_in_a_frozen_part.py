import torch
from torch import nn

backbone = nn.Sequential(nn.Linear(4, 1000), nn.Dropout(0.5)).requires_grad_(False)
x = torch.ones(1, 4)
print(torch.equal(backbone(x), backbone(x)))
#> False
backbone.eval()
print(torch.equal(backbone(x), backbone(x)))
#> True
