import torch

line = torch.arange(6)
table = line.view(2, 3)
for name, x in {"line": line, "table": table, "transposed": table.t()}.items():
    flat = x.flatten()
    if flat is x:
        result = "the tensor itself"
    elif flat.data_ptr() == x.data_ptr():
        result = "view"
    else:
        result = "copy"
    print(f"{name}: {result}")
#> line: the tensor itself
#> table: view
#> transposed: copy
