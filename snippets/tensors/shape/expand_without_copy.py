import torch

row = torch.tensor([[1, 2, 3]])
table = row.expand(4, 3)
print(table.shape, table.stride())
#> torch.Size([4, 3]) (0, 1)
print(row.expand(4, -1).data_ptr() == row.data_ptr())
#> True

table[0, 0] = 9
print(row, table[:, 0])
#> tensor([[9, 2, 3]]) tensor([9, 9, 9, 9])

try:
    table.add_(1)
except RuntimeError as error:
    print(error)
    #> unsupported operation: more than one element of the written-to tensor ...
print(table.clone().add_(1)[0])
#> tensor([10,  3,  4])

try:
    torch.zeros(2, 3).expand(4, 3)
except RuntimeError as error:
    print(error)
    #> The expanded size of the tensor (4) must match the existing size (2) ...
