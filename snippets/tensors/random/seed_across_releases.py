# Device: cpu
import torch

torch.manual_seed(0)
print(torch.rand(3))
#> tensor([0.4963, 0.7682, 0.0885])
torch.manual_seed(0)
print(torch.randperm(10))
#> tensor([4, 1, 7, 5, 3, 9, 0, 8, 6, 2])

print(torch.multinomial(torch.ones(10), 5))
#> ...
print(torch.empty(5).bernoulli_(0.5))
#> ...
