import torch

a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
b = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
print(a * b)
#> tensor([[0., 2.],
#>         [3., 0.]])
print(a @ b)
#> tensor([[2., 1.],
#>         [4., 3.]])
