import torch
from torch.autograd.functional import hessian, jacobian

x = torch.tensor([1.0, 2.0, 3.0])
print(jacobian(lambda x: x.cumsum(0) ** 2, x))
#> tensor([[ 2.,  0.,  0.],
#>         [ 6.,  6.,  0.],
#>         [12., 12., 12.]])
print(hessian(lambda x: x[0] * x[1] ** 2 + x[2] ** 3, x))
#> tensor([[ 0.,  4.,  0.],
#>         [ 4.,  2.,  0.],
#>         [ 0.,  0., 18.]])
