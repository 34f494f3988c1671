# Device: cpu
import torch

x = torch.tensor([1.5, 2.5])
print(x.to("cpu") is x, x.cpu() is x)
#> True True
print(x.to("cpu", copy=True) is x)
#> False

print(x.to(torch.int64))
#> tensor([1, 2])
print(x.to("cpu", torch.float16).dtype)
#> torch.float16
other = torch.zeros(1, dtype=torch.float64, device="meta")
print(x.to(other).dtype, x.to(other).device)
#> torch.float64 meta
