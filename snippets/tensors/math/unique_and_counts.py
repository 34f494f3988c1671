import torch

x = torch.tensor([3, 1, 3, 2, 3])
values, counts = x.unique(return_counts=True)
print(values, counts)
#> tensor([1, 2, 3]) tensor([1, 1, 3])
print(x.bincount())
#> tensor([0, 1, 1, 3])
print(torch.isin(x, torch.tensor([1, 2])))
#> tensor([False,  True, False,  True, False])
