import torch

x = torch.arange(6)
table = x.view(2, 3)
print(x.view(3, -1).shape)
#> torch.Size([3, 2])
print(table.data_ptr() == x.data_ptr())
#> True

table[0, 0] = 100
print(x)
#> tensor([100,   1,   2,   3,   4,   5])

try:
    x.view(4, -1)
except RuntimeError as error:
    print(error)
    #> shape '[4, -1]' is invalid for input of size 6
