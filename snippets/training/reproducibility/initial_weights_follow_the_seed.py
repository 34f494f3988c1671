import torch
from torch import nn

print(torch.equal(nn.Linear(4, 2).weight, nn.Linear(4, 2).weight))
#> False

torch.manual_seed(0)
first = nn.Linear(4, 2)
torch.manual_seed(0)
second = nn.Linear(4, 2)
print(torch.equal(first.weight, second.weight))
#> True
