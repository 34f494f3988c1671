# Needs: numpy
import numpy as np
import torch

row = torch.tensor([1, 2, 3])
table = torch.zeros(2, 3)
print(row.expand_as(table))
#> tensor([[1, 2, 3],
#>         [1, 2, 3]])
print(torch.equal(row.expand_as(table), row.expand(table.size())))
#> True

for other in ([[0, 0, 0], [0, 0, 0]], np.zeros((2, 3))):
    try:
        row.expand_as(other)
    except TypeError as error:
        print(error)
#> expand_as(): argument 'other' (position 1) must be Tensor, not list
#> expand_as(): argument 'other' (position 1) must be Tensor, not numpy.ndarray
