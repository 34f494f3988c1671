import torch

a = torch.tensor([[1, 2, 3]])
b = torch.tensor([[4, 5, 6]])
print(torch.cat((a, b)))
#> tensor([[1, 2, 3],
#>         [4, 5, 6]])
print(torch.cat((a, b), dim=1))
#> tensor([[1, 2, 3, 4, 5, 6]])
print(torch.stack((a, b)).shape)
#> torch.Size([2, 1, 3])
print(torch.stack((a, b), dim=-1))
#> tensor([[[1, 4],
#>          [2, 5],
#>          [3, 6]]])

try:
    torch.stack((a, torch.zeros(2, 3)))
except RuntimeError as error:
    print(error)
    #> stack expects each tensor to be equal size, but got [1, 3] at entry 0 ...
print(torch.cat((a, torch.zeros(2, 3))).shape)
#> torch.Size([3, 3])
