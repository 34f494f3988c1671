import torch

x = torch.arange(6)
print(len(x.chunk(4)), [len(part) for part in x.chunk(4)])
#> 3 [2, 2, 2]
print(len(x.tensor_split(4)), [len(part) for part in x.tensor_split(4)])
#> 4 [2, 2, 1, 1]
