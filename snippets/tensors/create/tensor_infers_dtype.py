import torch

print(torch.tensor([1, 2]).dtype)
#> torch.int64
print(torch.tensor([1, 2.0]).dtype)
#> torch.float32
print(torch.tensor([True, False]).dtype)
#> torch.bool
print(torch.tensor([1 + 2j]).dtype)
#> torch.complex64
print(torch.tensor([]).dtype)
#> torch.float32
print(torch.tensor([1, 2], dtype=torch.float64))
#> tensor([1., 2.], dtype=torch.float64)
