import torch

x = torch.tensor([[1, -2, 3], [-4, 5, -6]])
mask = x < 0
print(x[mask], x.masked_select(mask))
#> tensor([-2, -4, -6]) tensor([-2, -4, -6])
print(x.masked_fill(mask, 0))
#> tensor([[1, 0, 3],
#>         [0, 5, 0]])
print(torch.nonzero(mask))
#> tensor([[0, 1],
#>         [1, 0],
#>         [1, 2]])

positive_rows = x.sum(dim=1) > 0
print(positive_rows)
#> tensor([ True, False])
print(x[positive_rows])
#> tensor([[ 1, -2,  3]])

x[mask] = 0
print(x)
#> tensor([[1, 0, 3],
#>         [0, 5, 0]])
