# Device: cpu
import torch

torch.manual_seed(0)
first = torch.rand(2)
second = torch.rand(2)
torch.manual_seed(0)
print(torch.equal(torch.rand(2), first))
#> True
print(torch.equal(first, second))
#> False
print(torch.initial_seed())
#> 0
