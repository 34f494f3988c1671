import torch

x = torch.zeros(2, 3)
row = x[0]
before = x.data_ptr()

row.add_(1)
row.mul_(5)
print(x)
#> tensor([[5., 5., 5.],
#>         [0., 0., 0.]])

x += 1
print(x.data_ptr() == before)
#> True
x = x + 1
print(x.data_ptr() == before)
#> False
print(row)
#> tensor([6., 6., 6.])
