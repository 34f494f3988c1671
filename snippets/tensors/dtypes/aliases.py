import torch

print(torch.double is torch.float64, torch.float is torch.float32)
#> True True
print(torch.half is torch.float16)
#> True
print(torch.long is torch.int64, torch.int is torch.int32, torch.short is torch.int16)
#> True True True
print(torch.cfloat is torch.complex64, torch.cdouble is torch.complex128)
#> True True
