from torch import nn

try:
    nn.ModueList
except AttributeError as error:
    print(error)
    #> module 'torch.nn' has no attribute 'ModueList'
print(nn.ModuleList([nn.ReLU()]))
#> ModuleList(
#>   (0): ReLU()
#> )
