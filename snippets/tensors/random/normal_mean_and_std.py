# Device: cpu
import torch

torch.manual_seed(0)
print(torch.normal(10.0, 2.0, (4,)))
#> tensor([13.0820,  9.4131,  5.6424, 11.1369])
torch.manual_seed(0)
print(10.0 + 2.0 * torch.randn(4))
#> tensor([13.0820,  9.4131,  5.6424, 11.1369])

heights = torch.normal(170.0, 7.0, (100_000,))
print(f"{heights.mean():.1f} {heights.std():.1f}")
#> 170.0 7.0
