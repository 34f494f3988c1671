import torch

print(torch.promote_types(torch.int64, torch.float16))
#> torch.float16
print(torch.promote_types(torch.float16, torch.bfloat16))
#> torch.float32
print(torch.promote_types(torch.uint8, torch.int8))
#> torch.int16
print(torch.promote_types(torch.bool, torch.uint8))
#> torch.uint8
print(torch.promote_types(torch.float64, torch.complex64))
#> torch.complex128

x = torch.tensor([1, 2])
y = torch.tensor([0.5, 0.5], dtype=torch.float16)
print((x + y).dtype, torch.cat([x, y]).dtype)
#> torch.float16 torch.float16
