import torch
from torch import nn

dropout = nn.Dropout(p=0.5)
x = torch.ones(100_000)
first, second = dropout(x), dropout(x)
print(f"{(first == second).float().mean():.1f} of the values agree")
#> 0.5 of the values agree
dropout.eval()
print(dropout(x).unique())
#> tensor([1.])
