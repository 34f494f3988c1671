import torch
from torch import nn

norm = nn.BatchNorm1d(1)
x = torch.tensor([[1.0], [2.0], [3.0], [6.0]])
y = norm(x)
by_hand = (x - x.mean()) / (x.var(correction=0) + norm.eps).sqrt()
print(torch.allclose(y, by_hand))
#> True
print(y.mean().abs() < 1e-6, f"{y.std(correction=0):.3f}")
#> tensor(True) 1.000
