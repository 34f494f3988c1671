import torch
from torch import nn

x = torch.ones(100, 8, 5, 5)
y = nn.Dropout2d(p=0.5)(x)
print(y.sum(dim=(2, 3)).unique())
#> tensor([ 0., 50.])
print(nn.Dropout(p=0.5)(x).sum(dim=(2, 3)).unique().numel() > 2)
#> True
