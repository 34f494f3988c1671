import torch

x = torch.tensor([[3, 1, 2], [7, 9, 8]])
values, indices = x.sort(dim=1)
print(values, indices, sep="\n")
#> tensor([[1, 2, 3],
#>         [7, 8, 9]])
#> tensor([[1, 2, 0],
#>         [0, 2, 1]])
print(x.argsort(dim=1, descending=True))
#> tensor([[0, 2, 1],
#>         [1, 2, 0]])

best = x.topk(2, dim=1)
print(best.values, best.indices, sep="\n")
#> tensor([[3, 2],
#>         [9, 8]])
#> tensor([[0, 2],
#>         [1, 2]])
print(x.topk(1, largest=False).values)
#> tensor([[1],
#>         [7]])
