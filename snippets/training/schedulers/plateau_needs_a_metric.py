from torch import nn, optim
from torch.optim.lr_scheduler import ReduceLROnPlateau

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1, momentum=0.9)
scheduler = ReduceLROnPlateau(optimizer, patience=3)
optimizer.step()
try:
    scheduler.step()
except TypeError as error:
    print(error)
    #> ReduceLROnPlateau.step() missing 1 required positional argument: 'metrics'

validation_loss = 0.7
scheduler.step(validation_loss)
print(scheduler.best, scheduler.get_last_lr())
#> 0.7 [0.1]
