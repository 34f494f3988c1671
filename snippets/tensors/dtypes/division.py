import torch

x = torch.tensor([3, -3])
print(x / 2)
#> tensor([ 1.5000, -1.5000])
print(x // 2, x % 2)
#> tensor([ 1, -2]) tensor([1, 1])
print(torch.div(x, 2, rounding_mode="trunc"))
#> tensor([ 1, -1])
