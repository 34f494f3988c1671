import torch

x = torch.tensor([-1.0, 2.0, -3.0, 4.0])
print(torch.where(x > 0, x, 0.0))
#> tensor([0., 2., 0., 4.])
print(torch.where(x > 0, x, -x))
#> tensor([1., 2., 3., 4.])
print(torch.where(x > 0))
#> (tensor([1, 3]),)
print(torch.nonzero(x > 0).shape)
#> torch.Size([2, 1])
