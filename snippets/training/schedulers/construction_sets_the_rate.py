from torch import nn, optim
from torch.optim.lr_scheduler import LinearLR, OneCycleLR

parameters = list(nn.Linear(4, 2).parameters())
optimizer = optim.SGD(parameters, lr=0.1)
LinearLR(optimizer, start_factor=0.01, total_iters=100)
print(optimizer.param_groups[0]["lr"])
#> 0.001

optimizer = optim.SGD(parameters, lr=0.1, momentum=0.9)
OneCycleLR(optimizer, max_lr=0.5, total_steps=100)
group = optimizer.param_groups[0]
print(round(group["lr"], 4), group["momentum"])
#> 0.02 0.95
