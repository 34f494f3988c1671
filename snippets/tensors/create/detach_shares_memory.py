import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.detach()
print(y.requires_grad, y.data_ptr() == x.data_ptr())
#> False True
y[0] = 9
print(x)
#> tensor([9., 2.], requires_grad=True)

z = x.detach().clone()
z[0] = 0
print(x)
#> tensor([9., 2.], requires_grad=True)
