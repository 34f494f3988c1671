from torch import nn, optim
from torch.optim.lr_scheduler import ExponentialLR

backbone, head = nn.Linear(8, 4), nn.Linear(4, 2)
groups = [{"params": backbone.parameters(), "lr": 0.01}, {"params": head.parameters()}]
optimizer = optim.SGD(groups, lr=0.1)
scheduler = ExponentialLR(optimizer, gamma=0.5)
optimizer.step()
scheduler.step()
print(scheduler.get_last_lr())
#> [0.005, 0.05]
print([group["lr"] for group in optimizer.param_groups])
#> [0.005, 0.05]
print(scheduler.base_lrs)
#> [0.01, 0.1]
