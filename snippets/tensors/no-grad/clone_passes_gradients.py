import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.clone()
y[0] = 100.0
(y * 3).sum().backward()
print(x)
#> tensor([1., 2.], requires_grad=True)
print(x.grad)
#> tensor([0., 3.])
