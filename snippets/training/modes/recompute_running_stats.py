import torch
from torch import nn

norm = nn.BatchNorm1d(1)
norm.running_mean.fill_(-7.0)
data = torch.arange(12.0).view(12, 1)

norm.reset_running_stats()
norm.momentum = None
norm.train()
with torch.no_grad():
    for batch in data.split(4):
        norm(batch)
print(norm.running_mean, data.mean())
#> tensor([5.5000]) tensor(5.5000)
