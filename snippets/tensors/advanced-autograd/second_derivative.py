import torch

x = torch.tensor(3.0, requires_grad=True)
y = x**3
(first,) = torch.autograd.grad(y, x, create_graph=True)
(second,) = torch.autograd.grad(first, x, create_graph=True)
(third,) = torch.autograd.grad(second, x)
print(first)
#> tensor(27., grad_fn=<MulBackward0>)
print(second)
#> tensor(18., grad_fn=<MulBackward0>)
print(third)
#> tensor(6.)
print(torch.autograd.grad(y, x))
#> (tensor(27.),)
