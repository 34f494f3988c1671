# Device: cpu
import torch

torch.manual_seed(0)
x = torch.normal(0.0, 1.0, (1000,))
print(x.dtype, x.is_floating_point())
#> torch.float32 True
print((x == x.round()).sum())
#> tensor(0)
print(x.unique().numel())
#> 1000
