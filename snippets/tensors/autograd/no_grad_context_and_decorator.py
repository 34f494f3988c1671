import torch

a = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
b = a * 2
with torch.no_grad():
    c = a * 2


@torch.no_grad()
def double(x):
    return x * 2


print(b)
#> tensor([[2., 4.],
#>         [6., 8.]], grad_fn=<MulBackward0>)
print(c)
#> tensor([[2., 4.],
#>         [6., 8.]])
print(double(a))
#> tensor([[2., 4.],
#>         [6., 8.]])
