import torch

x = torch.tensor([-3.0, 0.5, 3.0])
print(x.clamp(min=2, max=1))
#> tensor([1., 1., 1.])
print(torch.minimum(torch.maximum(x, torch.tensor(2.0)), torch.tensor(1.0)))
#> tensor([1., 1., 1.])
print(torch.tensor([float("nan"), 5.0]).clamp(0, 1))
#> tensor([nan, 1.])
