import torch

x = torch.arange(6).view(2, 3)
view = x.reshape(3, 2)
copy = x.t().reshape(6)
print(view.data_ptr() == x.data_ptr())
#> True
print(copy.data_ptr() == x.data_ptr())
#> False

view[0, 0] = 100
copy[1] = -1
print(x)
#> tensor([[100,   1,   2],
#>         [  3,   4,   5]])
