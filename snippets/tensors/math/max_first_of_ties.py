import torch

x = torch.tensor([2.0, 7.0, 7.0], requires_grad=True)
print(x.max(dim=0).indices, x.argmax())
#> tensor(1) tensor(1)

(to_one,) = torch.autograd.grad(x.max(dim=0).values, x)
print(to_one)
#> tensor([0., 1., 0.])

(shared,) = torch.autograd.grad(x.max(), x)
print(shared)
#> tensor([0.0000, 0.5000, 0.5000])
(shared,) = torch.autograd.grad(x.amax(dim=0), x)
print(shared)
#> tensor([0.0000, 0.5000, 0.5000])
