import torch

x = torch.tensor([-7, 7])
print(x / 2)
#> tensor([-3.5000,  3.5000])
print(x // 2, x % 2)
#> tensor([-4,  3]) tensor([1, 1])
print(torch.div(x, 2, rounding_mode="trunc"))
#> tensor([-3,  3])
print(torch.fmod(x, 2))
#> tensor([-1,  1])
