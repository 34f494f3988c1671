import torch

matrix = torch.tensor([[1, 2, 3], [4, 5, 6]])
print(matrix.t())
#> tensor([[1, 4],
#>         [2, 5],
#>         [3, 6]])
print(torch.equal(matrix.t(), matrix.T))
#> True

batch = torch.zeros(8, 2, 3)
print(batch.mT.shape)
#> torch.Size([8, 3, 2])
print(batch.transpose(-2, -1).shape)
#> torch.Size([8, 3, 2])
