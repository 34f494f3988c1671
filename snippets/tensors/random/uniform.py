# Device: cpu
import torch

torch.manual_seed(0)
print(torch.rand(2, 3))
#> tensor([[0.4963, 0.7682, 0.0885],
#>         [0.1320, 0.3074, 0.6341]])

x = torch.rand(10_000)
print(f"{x.min():.4f} to {x.max():.4f}")
#> 0.0001 to 0.9999
assert x.min() >= 0
assert x.max() < 1

low, high = -1.0, 1.0
y = low + (high - low) * x
print(f"{y.min():.4f} to {y.max():.4f}")
#> -0.9998 to 0.9999
assert y.min() >= low
assert y.max() < high
