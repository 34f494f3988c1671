import torch

x = torch.tensor([1.9, -1.9, 2.5])
print(x.long())
#> tensor([ 1, -1,  2])
print(x.floor().long())
#> tensor([ 1, -2,  2])
print(x.round().long())
#> tensor([ 2, -2,  2])
