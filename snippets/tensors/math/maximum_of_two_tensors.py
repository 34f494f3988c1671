import torch

a = torch.tensor([1, 5, 3])
b = torch.tensor([4, 2, 3])
print(torch.maximum(a, b))
#> tensor([4, 5, 3])
print(torch.minimum(a, b))
#> tensor([1, 2, 3])
print(torch.max(a, b))
#> tensor([4, 5, 3])

try:
    torch.maximum(a, 2)
except TypeError as error:
    print(error)
    #> maximum(): argument 'other' (position 2) must be Tensor, not int
print(torch.maximum(a, torch.tensor(2)))
#> tensor([2, 5, 3])
print(a.clamp(min=2))
#> tensor([2, 5, 3])
