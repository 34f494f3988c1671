import torch

try:
    torch.utils.data.Dataloader
except AttributeError as error:
    print(error)
    #> module 'torch.utils.data' has no attribute 'Dataloader'
print(torch.utils.data.DataLoader.__name__)
#> DataLoader
