# Device: cpu
import torch
from torch.utils.data import random_split

generator = torch.Generator().manual_seed(0)
train, valid = random_split(range(10), [8, 2], generator)
print(len(train), len(valid), train.indices, list(valid))
#> 8 2 [4, 1, 7, 5, 3, 9, 0, 8] [6, 2]
print(sorted([*train, *valid]) == list(range(10)))
#> True

a, b, c = random_split(range(11), [0.5, 0.3, 0.2])
print(len(a), len(b), len(c))
#> 6 3 2
try:
    random_split(range(10), [8, 1])
except ValueError as error:
    print(error)
    #> Sum of input lengths does not equal the length of the input dataset!
