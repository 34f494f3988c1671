import torch

x = torch.full((3,), 200, dtype=torch.uint8)
print(x.sum())
#> tensor(600)
print(x + x)
#> tensor([144, 144, 144], dtype=torch.uint8)
print(x.sum(dtype=torch.uint8))
#> tensor(88, dtype=torch.uint8)
print((x > 100).sum())
#> tensor(3)
