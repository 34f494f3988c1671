import torch

a = torch.ones(8, 2, 3)
b = torch.ones(8, 3, 4)
print(torch.bmm(a, b).shape)
#> torch.Size([8, 2, 4])
print(torch.bmm(a, b)[0])
#> tensor([[3., 3., 3., 3.],
#>         [3., 3., 3., 3.]])

try:
    torch.bmm(a, b[0])
except RuntimeError as error:
    print(error)
    #> batch2 must be a 3D tensor
print(torch.matmul(a, b[0]).shape)
#> torch.Size([8, 2, 4])
