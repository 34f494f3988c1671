from torch import nn, optim
from torch.optim import lr_scheduler

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
plateau = lr_scheduler.ReduceLROnPlateau(optimizer)
print(isinstance(plateau, lr_scheduler.LRScheduler))
#> True
try:
    step_lr = lr_scheduler.StepLR(optimizer, step_size=10)
    lr_scheduler.SequentialLR(optimizer, [step_lr, plateau], milestones=[5])
except ValueError as error:
    print(error)
    #> SequentialLR does not support `ReduceLROnPlateau` scheduler ...
