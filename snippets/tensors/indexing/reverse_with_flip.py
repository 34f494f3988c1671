import torch

x = torch.arange(6).view(2, 3)
try:
    x[:, ::-1]
except ValueError as error:
    print(error)
    #> step must be greater than zero

print(x.flip(1))
#> tensor([[2, 1, 0],
#>         [5, 4, 3]])
print(x.flip(1).data_ptr() == x.data_ptr())
#> False
print(x.roll(1, dims=1))
#> tensor([[2, 0, 1],
#>         [5, 3, 4]])
