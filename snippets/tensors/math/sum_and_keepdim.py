import torch

x = torch.tensor([[1, 2, 3], [4, 5, 6]])
print(x.sum())
#> tensor(21)
print(x.sum(dim=0))
#> tensor([5, 7, 9])
print(x.sum(dim=1))
#> tensor([ 6, 15])
print(x.sum(dim=1, keepdim=True))
#> tensor([[ 6],
#>         [15]])
print(x / x.sum(dim=1, keepdim=True))
#> tensor([[0.1667, 0.3333, 0.5000],
#>         [0.2667, 0.3333, 0.4000]])
print(x.prod(dim=1), x.sum(dim=(0, 1)))
#> tensor([  6, 120]) tensor(21)
