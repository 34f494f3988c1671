import torch

row = torch.tensor([[1, 2, 3]])
print(row.expand(2, 3).shape)
#> torch.Size([2, 3])
print(row.repeat(2, 3).shape)
#> torch.Size([2, 9])
print(row.repeat(2, 1))
#> tensor([[1, 2, 3],
#>         [1, 2, 3]])
print(row.repeat(1, 1).data_ptr() == row.data_ptr())
#> False

print(row[0].repeat(2))
#> tensor([1, 2, 3, 1, 2, 3])
print(row[0].repeat_interleave(2))
#> tensor([1, 1, 2, 2, 3, 3])

try:
    row.repeat(2)
except RuntimeError as error:
    print(error)
    #> Number of dimensions of repeat dims can not be smaller than ...
print(row.tile(2))
#> tensor([[1, 2, 3, 1, 2, 3]])
