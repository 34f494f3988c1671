import torch

x = torch.arange(12).view(3, 4)
print(x[1], x[-1, 0])
#> tensor([4, 5, 6, 7]) tensor(8)
print(x[:, 1:3])
#> tensor([[ 1,  2],
#>         [ 5,  6],
#>         [ 9, 10]])
print(x[..., 0])
#> tensor([0, 4, 8])

rows = x[0:2]
picked = x[[0, 1]]
print(torch.equal(rows, picked))
#> True

rows[0, 0] = 100
picked[0, 1] = -1
print(x[0])
#> tensor([100,   1,   2,   3])
