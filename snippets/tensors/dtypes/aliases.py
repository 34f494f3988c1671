import torch

print(torch.double, torch.float, torch.half)
#> torch.float64 torch.float32 torch.float16
print(torch.long, torch.int, torch.short)
#> torch.int64 torch.int32 torch.int16
print(torch.cdouble, torch.cfloat)
#> torch.complex128 torch.complex64
assert torch.float is torch.float32
