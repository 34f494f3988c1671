import torch

x = torch.arange(12).view(3, 4)
corner = x[1:, 2:]
print(x.stride(), x.storage_offset())
#> (4, 1) 0
print(corner.stride(), corner.storage_offset())
#> (4, 1) 6
print(corner)
#> tensor([[ 6,  7],
#>         [10, 11]])

i, j = 1, 1
print(corner.storage_offset() + i * corner.stride(0) + j * corner.stride(1))
#> 11
print(corner[i, j])
#> tensor(11)

same = corner.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
print(same)
#> True
