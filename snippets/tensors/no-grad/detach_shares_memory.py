import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
shared = x.detach()
snapshot = x.detach().clone()
shared[0] = 9.0
print(x)
#> tensor([9., 2.], requires_grad=True)
print(snapshot)
#> tensor([1., 2.])
