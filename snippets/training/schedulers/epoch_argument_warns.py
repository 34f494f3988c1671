# Warns: UserWarning
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = StepLR(optimizer, step_size=10)
optimizer.step()
scheduler.step(25)
print(scheduler.last_epoch, f"{scheduler.get_last_lr()[0]:g}")
#> 25 0.001
