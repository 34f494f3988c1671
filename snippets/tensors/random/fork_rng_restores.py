# Device: cpu
import torch

torch.manual_seed(0)
with torch.random.fork_rng(devices=[]):
    torch.manual_seed(123)
    torch.rand(1000)
print(torch.rand(2))
#> tensor([0.4963, 0.7682])

torch.manual_seed(0)
print(torch.rand(2))
#> tensor([0.4963, 0.7682])
