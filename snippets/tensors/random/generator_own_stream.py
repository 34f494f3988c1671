# Device: cpu
import torch

generator = torch.Generator().manual_seed(42)
torch.manual_seed(0)
print(torch.randperm(5, generator=generator), torch.rand(2))
#> tensor([2, 4, 3, 0, 1]) tensor([0.4963, 0.7682])

generator.manual_seed(42)
torch.rand(1000)
print(torch.randperm(5, generator=generator))
#> tensor([2, 4, 3, 0, 1])
torch.manual_seed(0)
print(torch.rand(2))
#> tensor([0.4963, 0.7682])
