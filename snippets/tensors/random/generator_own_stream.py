# Device: cpu
import torch

generator = torch.Generator().manual_seed(42)
torch.manual_seed(0)
split = torch.randperm(5, generator=generator)
noise = torch.rand(2)
print(split, noise)
#> tensor([2, 4, 3, 0, 1]) tensor([0.4963, 0.7682])

torch.manual_seed(0)
print(torch.equal(torch.rand(2), noise))
#> True
generator.manual_seed(42)
print(torch.equal(torch.randperm(5, generator=generator), split))
#> True
