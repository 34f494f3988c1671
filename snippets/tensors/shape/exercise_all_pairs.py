import torch

points = torch.tensor([[0, 0], [3, 4], [6, 8]])
centers = torch.tensor([[0, 0], [3, 4]])

difference = points[:, None] - centers
print(points[:, None].shape, difference.shape)
#> torch.Size([3, 1, 2]) torch.Size([3, 2, 2])
print(difference.pow(2).sum(dim=2))
#> tensor([[  0,  25],
#>         [ 25,   0],
#>         [100,  25]])
