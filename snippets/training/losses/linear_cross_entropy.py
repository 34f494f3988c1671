# Needs: torch>=2.13
import torch
from torch.nn import functional as F

weight = torch.tensor([[1.0, 0.0, 0.5], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
hidden = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
target = torch.tensor([2, 0])
print(F.linear_cross_entropy(hidden, weight, target))
#> tensor(1.1550)
print(F.cross_entropy(hidden @ weight.T, target))
#> tensor(1.1550)
