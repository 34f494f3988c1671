import torch
from torch import nn

x = torch.tensor([[2.0], [4.0]])
norm = nn.BatchNorm1d(1)
norm.track_running_stats = False
print(norm(x).flatten().detach(), norm.running_mean)
#> tensor([-1.0000,  1.0000]) tensor([0.])

norm = nn.BatchNorm1d(1, momentum=0.0)
print(norm(x).flatten().detach(), norm.running_mean)
#> tensor([-1.0000,  1.0000]) tensor([0.])

norm = nn.BatchNorm1d(1).eval()
print(norm(x).flatten().detach(), norm.running_mean)
#> tensor([2.0000, 4.0000]) tensor([0.])
