import torch

x = torch.tensor([1.9, -1.9])
print(x.to(torch.int64), x.to(torch.int64).dtype)
#> tensor([ 1, -1]) torch.int64
print(x.double().dtype, x.float().dtype, x.half().dtype, x.bfloat16().dtype)
#> torch.float64 torch.float32 torch.float16 torch.bfloat16
print(x.long().dtype, x.int().dtype, x.short().dtype, x.char().dtype)
#> torch.int64 torch.int32 torch.int16 torch.int8
print(x.abs().byte().dtype, x.bool().dtype, x.cfloat().dtype, x.cdouble().dtype)
#> torch.uint8 torch.bool torch.complex64 torch.complex128
print(x.to(torch.float32) is x, x.to(torch.float32, copy=True) is x)
#> True False

y = torch.ones(2, dtype=torch.int32, device="meta")
print(x.to(y).dtype, x.to(y).device)
#> torch.int32 meta
print(x.type_as(y).dtype, x.type_as(y).device)
#> torch.int32 meta
print(x.type(torch.int32).dtype)
#> torch.int32
