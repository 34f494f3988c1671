import torch

print(isinstance(torch.float32, torch.dtype))
#> True
try:
    torch.float32()
except TypeError as error:
    print(error)
    #> 'torch.dtype' object is not callable

print(torch.zeros(2, dtype=torch.float64))
#> tensor([0., 0.], dtype=torch.float64)
print(torch.tensor([1, 2]).to(torch.float64))
#> tensor([1., 2.], dtype=torch.float64)
