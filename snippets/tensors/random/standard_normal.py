# Device: cpu
import torch

torch.manual_seed(0)
print(torch.randn(2, 3))
#> tensor([[ 1.5410, -0.2934, -2.1788],
#>         [ 0.5684, -1.0845, -1.3986]])

x = torch.randn(100_000)
print(f"{x.std():.1f} {(x.abs() < 1).float().mean():.2f}")
#> 1.0 0.68
