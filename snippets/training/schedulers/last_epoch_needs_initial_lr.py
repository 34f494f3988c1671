import torch
from torch.optim.lr_scheduler import StepLR

w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
try:
    StepLR(optimizer, step_size=10, last_epoch=20)
except KeyError as error:
    print(error)
    #> "param 'initial_lr' is not specified in param_groups[0] when resuming ...
