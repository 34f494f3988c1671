from torch import nn, optim
from torch.optim.lr_scheduler import OneCycleLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1, momentum=0.9)
scheduler = OneCycleLR(optimizer, max_lr=0.1, epochs=2, steps_per_epoch=3)
print(scheduler.total_steps)
#> 6
try:
    for step in range(7):
        optimizer.step()
        scheduler.step()
except ValueError as error:
    print(step, error)
    #> 6 Tried to step 7 times. The specified number of total steps is 6
