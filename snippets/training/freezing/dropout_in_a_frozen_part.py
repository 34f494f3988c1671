import torch
from torch import nn

torch.manual_seed(0)
backbone = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5)).requires_grad_(False)
x = torch.ones(1, 4)
first, second = backbone(x), backbone(x)
print("training mode:", (first - second).abs().max().item())
#> training mode: ...
assert not torch.equal(first, second)

backbone.eval()
print("evaluation mode:", (backbone(x) - backbone(x)).abs().max().item())
#> evaluation mode: 0.0
