import torch
from torch import nn

norm = nn.BatchNorm1d(1).eval()
optimizer = torch.optim.SGD(norm.parameters(), lr=0.1)
norm(torch.tensor([[2.0], [4.0]])).sum().backward()
optimizer.step()
print(norm.running_mean.item(), norm.bias.data)
#> 0.0 tensor([-0.2000])
