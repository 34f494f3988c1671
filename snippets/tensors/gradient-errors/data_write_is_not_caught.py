import torch

x = torch.tensor([0.0, 0.0], requires_grad=True)
y = x.sigmoid()
y.data.zero_()
y.sum().backward()
print(x.grad)
#> tensor([0., 0.])

x.grad = None
x.sigmoid().sum().backward()
print(x.grad)
#> tensor([0.2500, 0.2500])
