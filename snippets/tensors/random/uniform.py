# Device: cpu
import torch

torch.manual_seed(0)
print(torch.rand(2, 3))
#> tensor([[0.4963, 0.7682, 0.0885],
#>         [0.1320, 0.3074, 0.6341]])

x = torch.rand(10000)
print((x >= 0).all(), (x < 1).all())
#> tensor(True) tensor(True)

low, high = -1.0, 1.0
y = low + (high - low) * x
print(y.min() >= low, y.max() < high)
#> tensor(True) tensor(True)
