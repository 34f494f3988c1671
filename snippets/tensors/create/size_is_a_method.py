import torch

table = torch.zeros(2, 5)
rows, columns = table.shape
print(rows, columns, isinstance(table.shape, tuple))
#> 2 5 True
print(table.size(0), table.shape[-1], len(table))
#> 2 5 2
try:
    table.shape(0)
except TypeError as error:
    print(error)
    #> 'torch.Size' object is not callable
try:
    table.size[0]
except TypeError as error:
    print(error)
    #> 'builtin_function_or_method' object is not subscriptable
