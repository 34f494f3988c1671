import torch

x = torch.arange(6).view(2, 3)
print(x.narrow(0, 1, 1).is_contiguous())
#> True
print(x.narrow(1, 1, 2).is_contiguous())
#> False

row = torch.arange(5).view(1, 5)
print(row.transpose(0, 1).is_contiguous())
#> True
print(row.permute(1, 0).view(5))
#> tensor([0, 1, 2, 3, 4])

line = torch.arange(3)
print(line.expand(1, 3).is_contiguous())
#> True
print(line.expand(2, 3).is_contiguous())
#> False
