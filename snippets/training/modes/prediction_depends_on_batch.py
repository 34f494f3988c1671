import torch
from torch import nn

x = torch.tensor([[1.0], [2.0], [6.0], [7.0], [8.0], [9.0]])
for mode in True, False:
    norm = nn.BatchNorm1d(1).train(mode)
    norm.running_mean.fill_(2.0)
    print(mode, norm(x[:3])[0].detach(), norm(x)[0].detach())
#> True tensor([-0.9258]) tensor([-1.5070])
#> False tensor([-1.0000]) tensor([-1.0000])
