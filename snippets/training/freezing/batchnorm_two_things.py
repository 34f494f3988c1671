import torch
from torch import nn

norm = nn.BatchNorm1d(1)
x = torch.tensor([[2.0], [4.0]])

norm.requires_grad_(False)
norm(x)
print(norm.running_mean)
#> tensor([0.3000])

norm.eval()
norm(x)
print(norm.running_mean)
#> tensor([0.3000])
print(norm.weight.requires_grad, norm.bias.requires_grad)
#> False False
