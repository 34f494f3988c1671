import torch

a = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
b = torch.tensor([3.0, 5.0])
x = torch.linalg.solve(a, b)
print(x)
#> tensor([0.8000, 1.4000])
print(torch.allclose(a @ x, b))
#> True
print(torch.linalg.det(a))
#> tensor(5.)
print(torch.linalg.norm(torch.tensor([3.0, 4.0])))
#> tensor(5.)
