import torch

weights = torch.tensor([0.5, 1.5])
print(torch.as_tensor(weights) is weights)
#> True

doubled = torch.as_tensor(weights, dtype=torch.float64)
doubled[0] = 9
print(doubled)
#> tensor([9.0000, 1.5000], dtype=torch.float64)
print(weights)
#> tensor([0.5000, 1.5000])
print(torch.as_tensor([1, 2]))
#> tensor([1, 2])
