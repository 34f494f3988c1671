import torch
from torch.utils.data import default_collate

flowers = [[14, 2], [47, 14], [60, 25]]
print(default_collate(flowers))
#> [tensor([14, 47, 60]), tensor([ 2, 14, 25])]
print(default_collate([torch.tensor(flower) for flower in flowers]))
#> tensor([[14,  2],
#>         [47, 14],
#>         [60, 25]])
