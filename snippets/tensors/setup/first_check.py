import torch

x = torch.arange(6.0).view(2, 3)
print(x)
#> tensor([[0., 1., 2.],
#>         [3., 4., 5.]])
print(x @ x.t())
#> tensor([[ 5., 14.],
#>         [14., 50.]])
print("PyTorch", torch.__version__)
#> PyTorch ...
