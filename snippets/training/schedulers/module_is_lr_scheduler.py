import torch

try:
    torch.optim.scheduler
except AttributeError as error:
    print(error)
    #> module 'torch.optim' has no attribute 'scheduler'
print(torch.optim.lr_scheduler.StepLR.__name__)
#> StepLR
