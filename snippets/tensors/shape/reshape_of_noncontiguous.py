import torch

x = torch.arange(12).view(2, 6).t()
print(x.is_contiguous())
#> False

y = x.reshape(3, 2, 2)
print(y.data_ptr() == x.data_ptr())
#> True

y[0, 0, 0] = 100
print(x[0, 0])
#> tensor(100)
