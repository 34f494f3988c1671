import torch

x = torch.arange(6).view(2, 3)
print(x.contiguous() is x)
#> True

y = x.t()
z = y.contiguous()
print(y.stride(), z.stride())
#> (1, 3) (2, 1)
print(z.data_ptr() == y.data_ptr())
#> False
print(torch.equal(y, z))
#> True
