import torch

x = torch.arange(12).view(2, 6).t()
print(x.is_contiguous(), x.stride())
#> False (1, 6)

split = x.view(3, 2, 2)
print(split.shape, split.stride())
#> torch.Size([3, 2, 2]) (2, 1, 6)
print(split.data_ptr() == x.data_ptr())
#> True

columns = torch.arange(12).view(3, 4)[:, :2]
print(columns.is_contiguous())
#> False
print(columns.view(3, 2, 1).shape)
#> torch.Size([3, 2, 1])
