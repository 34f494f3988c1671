import torch

x = torch.tensor([[1, 2, 3], [4, 5, 6]])
print(x.cumsum(dim=1))
#> tensor([[ 1,  3,  6],
#>         [ 4,  9, 15]])
print(x.cumprod(dim=0))
#> tensor([[ 1,  2,  3],
#>         [ 4, 10, 18]])
print(torch.tensor([3, 1, 5, 2]).cummax(dim=0).values)
#> tensor([3, 3, 5, 5])
print(torch.tensor([1, 4, 9, 16]).diff())
#> tensor([3, 5, 7])
