import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x * 10
d = y.detach().requires_grad_()
(d**2).sum().backward()
print(d.is_leaf)
#> True
print(d.grad)
#> tensor([20., 40.])
print(x.grad)
#> None
