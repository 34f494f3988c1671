import torch

x = torch.tensor([[1, 2, 3], [4, 5, 6]])
print(x.t())
#> tensor([[1, 4],
#>         [2, 5],
#>         [3, 6]])
print(x.reshape(3, 2))
#> tensor([[1, 2],
#>         [3, 4],
#>         [5, 6]])
