import torch
from torch import nn

norm = nn.BatchNorm1d(1)
x = torch.tensor([[1.0], [2.0], [3.0], [6.0]])
y = norm(x)
print(y.detach().T)
#> tensor([[-1.0690, -0.5345,  0.0000,  1.6036]])
print(f"mean {y.mean().abs():.3f}, standard deviation {y.std(correction=0):.3f}")
#> mean 0.000, standard deviation 1.000

by_hand = (x - x.mean()) / (x.var(correction=0) + norm.eps).sqrt()
assert torch.allclose(y, by_hand)
