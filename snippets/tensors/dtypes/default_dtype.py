import torch

print(torch.tensor(1.5).dtype, torch.tensor(1).dtype, torch.tensor(True).dtype)
#> torch.float32 torch.int64 torch.bool
print(torch.arange(3).dtype, torch.arange(3.0).dtype, torch.tensor(1j).dtype)
#> torch.int64 torch.float32 torch.complex64

torch.set_default_dtype(torch.float64)
print(torch.get_default_dtype(), torch.nn.Linear(3, 2).weight.dtype)
#> torch.float64 torch.float64
print(torch.tensor(1.5).dtype, torch.tensor(1).dtype, torch.tensor(1j).dtype)
#> torch.float64 torch.int64 torch.complex128

try:
    torch.set_default_dtype(torch.int64)
except TypeError as error:
    print(error)
    #> only floating-point types are supported as the default type
