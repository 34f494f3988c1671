import torch
from torch import nn

dropout = nn.Dropout(p=0.5)
x = torch.ones(1000)
print(torch.equal(dropout(x), dropout(x)))
#> False
dropout.eval()
print(torch.equal(dropout(x), x))
#> True
