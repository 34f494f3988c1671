import torch
from torch.func import grad, vmap


def squared_error(w, x, target):
    return (w @ x - target) ** 2


w = torch.tensor([1.0, -1.0])
x = torch.tensor([[1.0, 0.0], [1.0, 1.0], [2.0, 1.0]])
target = torch.tensor([0.0, 1.0, 0.0])
print(grad(squared_error)(w, x[0], target[0]))
#> tensor([2., 0.])
print(vmap(grad(squared_error), in_dims=(None, 0, 0))(w, x, target))
#> tensor([[ 2.,  0.],
#>         [-2., -2.],
#>         [ 4.,  2.]])
print(w.requires_grad)
#> False
