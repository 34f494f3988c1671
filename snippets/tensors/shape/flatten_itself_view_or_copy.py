import torch

line = torch.arange(6)
print(line.flatten() is line)
#> True

table = line.view(2, 3)
print(table.flatten() is table)
#> False
print(table.flatten().data_ptr() == table.data_ptr())
#> True

turned = table.t()
print(turned.flatten().data_ptr() == turned.data_ptr())
#> False
