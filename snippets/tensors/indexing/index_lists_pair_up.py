import torch

x = torch.arange(12).view(3, 4)
rows = torch.tensor([0, 2])
columns = torch.tensor([1, 3])
print(x[rows, columns])
#> tensor([ 1, 11])
print(x[rows[:, None], columns])
#> tensor([[ 1,  3],
#>         [ 9, 11]])
print(x.index_select(1, columns))
#> tensor([[ 1,  3],
#>         [ 5,  7],
#>         [ 9, 11]])

x[rows, columns] = 0
print(x)
#> tensor([[ 0,  0,  2,  3],
#>         [ 4,  5,  6,  7],
#>         [ 8,  9, 10,  0]])
