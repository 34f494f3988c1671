import torch

x = torch.tensor([1e8, 1.0, -1e8])
print((x[0] + x[1] + x[2]).item())
#> 0.0
print((x[0] + x[2] + x[1]).item())
#> 1.0
