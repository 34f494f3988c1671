import torch
from torch import nn

norm = nn.BatchNorm1d(1)
x = torch.tensor([[8.0], [12.0]])
with torch.no_grad():
    norm(x)
print(norm.running_mean)
#> tensor([1.])

norm.eval()
norm(x)
print(norm.running_mean)
#> tensor([1.])
