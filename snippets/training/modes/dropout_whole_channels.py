import torch
from torch import nn

x = torch.ones(100, 8, 5, 5)
y = nn.Dropout2d(p=0.5)(x)
print(y.sum(dim=(2, 3)).unique())
#> tensor([ 0., 50.])
single = nn.Dropout(p=0.5)(x)
sums = single.sum(dim=(2, 3)).unique()
print("single pixels:", len(sums), "different sums")
#> single pixels: ... different sums
assert len(sums) > 2
