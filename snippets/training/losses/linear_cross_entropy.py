# Needs: torch>=2.13
import torch
from torch import nn
from torch.nn import functional as F

layer = nn.Linear(4, 3, bias=False)
hidden = torch.tensor([[1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 1.0]])
target = torch.tensor([2, 0])
fused = F.linear_cross_entropy(hidden, layer.weight, target)
print(torch.allclose(fused, F.cross_entropy(layer(hidden), target)))
#> True
