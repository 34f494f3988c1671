# Device: cpu
import torch

torch.manual_seed(0)
print(torch.rand(2))
#> tensor([0.4963, 0.7682])
print(torch.rand(2))
#> tensor([0.0885, 0.1320])
torch.manual_seed(0)
print(torch.rand(2))
#> tensor([0.4963, 0.7682])
print(torch.initial_seed())
#> 0
