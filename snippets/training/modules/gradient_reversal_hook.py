import torch
from torch import nn

layer = nn.Identity()
layer.register_full_backward_hook(lambda module, grad_in, grad_out: (-grad_in[0],))
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = layer(x)
(y**2).sum().backward()
print(y.tolist())
#> [1.0, 2.0]
print(x.grad)
#> tensor([-2., -4.])
