# Warns: UserWarning
from torch import nn, optim
from torch.optim.lr_scheduler import MultiStepLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = MultiStepLR(optimizer, milestones=[1], gamma=0.1)
for epoch in range(2):
    scheduler.step()
    print(epoch, round(scheduler.get_last_lr()[0], 4))
    optimizer.step()
#> 0 0.01
#> 1 0.01
