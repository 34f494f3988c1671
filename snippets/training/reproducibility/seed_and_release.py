# Device: cpu
import torch
from torch import nn

torch.manual_seed(0)
print(torch.rand(2), torch.randperm(5))
#> tensor([0.4963, 0.7682]) tensor([3, 1, 0, 4, 2])
torch.manual_seed(0)
print(torch.randn(2), torch.randint(10, (5,)))
#> tensor([ 1.5410, -0.2934]) tensor([3, 9, 7, 3, 7])
torch.manual_seed(0)
print(nn.Linear(2, 2).bias.detach())
#> tensor([-0.2723,  0.1896])

torch.manual_seed(0)
print(nn.functional.dropout(torch.ones(6), 0.5))
#> ...
torch.manual_seed(0)
print(torch.multinomial(torch.ones(10), 5))
#> ...
