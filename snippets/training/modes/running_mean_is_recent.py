import torch
from torch import nn

recent = nn.BatchNorm1d(1, momentum=0.1)
overall = nn.BatchNorm1d(1, momentum=None)
for value in [0.0] * 50 + [10.0] * 50:
    x = torch.tensor([[value - 1], [value + 1]])
    recent(x)
    overall(x)
print(recent.running_mean, overall.running_mean)
#> tensor([9.9485]) tensor([5.])
