import torch

print(torch.zeros(2, 3))
#> tensor([[0., 0., 0.],
#>         [0., 0., 0.]])
print(torch.ones(2, dtype=torch.int64))
#> tensor([1, 1])
print(torch.full((2,), 7), torch.full((2,), 0.5))
#> tensor([7, 7]) tensor([0.5000, 0.5000])
print(torch.eye(2))
#> tensor([[1., 0.],
#>         [0., 1.]])
