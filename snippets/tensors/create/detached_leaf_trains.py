import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.detach()
y.requires_grad_(True)
(y**2).sum().backward()
print(y.grad)
#> tensor([2., 4.])
print(x.grad)
#> None
