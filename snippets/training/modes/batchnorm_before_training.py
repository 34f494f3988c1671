import torch
from torch import nn

norm = nn.BatchNorm1d(1).eval()
x = torch.tensor([[100.0], [300.0]])
print(norm.running_mean, norm.running_var)
#> tensor([0.]) tensor([1.])
print(norm(x).detach().T)
#> tensor([[ 99.9995, 299.9985]])
