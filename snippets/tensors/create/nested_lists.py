import torch

points = torch.tensor([[0, 1], [2, 3], [4, 5]])
print(points.shape)
#> torch.Size([3, 2])
print(torch.tensor(7).shape)
#> torch.Size([])
try:
    torch.tensor([[0, 1], [2]])
except ValueError as error:
    print(error)
    #> expected sequence of length 2 at dim 1 (got 1)
