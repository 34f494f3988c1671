import torch
from torch.utils.data import default_collate

points = [[1, 2], [3, 4], [5, 6]]
print(default_collate(points))
#> [tensor([1, 3, 5]), tensor([2, 4, 6])]
print(default_collate([torch.tensor(point) for point in points]))
#> tensor([[1, 2],
#>         [3, 4],
#>         [5, 6]])
