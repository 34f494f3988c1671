import torch

x = torch.tensor([1, -2, 3, -4])
negative = x < 0
x[negative][0] = 100
print(x)
#> tensor([ 1, -2,  3, -4])

position = torch.nonzero(negative)[0]
x[position] = 100
print(x)
#> tensor([  1, 100,   3,  -4])
