# Device: cpu
import torch

x = torch.tensor([1.5, 2.5])
x.to(torch.float64)
print(x.dtype)
#> torch.float32
x = x.to(torch.float64)
print(x.dtype)
#> torch.float64

y = x.to("meta")
print(x.device, y.device)
#> cpu meta
