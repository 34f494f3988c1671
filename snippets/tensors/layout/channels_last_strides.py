import torch

x = torch.zeros(2, 3, 4, 5)
y = x.to(memory_format=torch.channels_last)

print(x.shape == y.shape, torch.equal(x, y))
#> True True
print(x.stride())
#> (60, 20, 5, 1)
print(y.stride())
#> (60, 1, 15, 3)
print(y.is_contiguous())
#> False
print(y.is_contiguous(memory_format=torch.channels_last))
#> True
