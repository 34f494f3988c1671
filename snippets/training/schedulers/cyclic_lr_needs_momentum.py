from torch import nn, optim
from torch.optim.lr_scheduler import CyclicLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
try:
    CyclicLR(optimizer, base_lr=0.01, max_lr=0.1)
except ValueError as error:
    print(error)

scheduler = CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, cycle_momentum=False)
print(scheduler.get_last_lr())
#> [0.01]
