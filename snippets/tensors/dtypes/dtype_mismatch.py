import torch
from torch import nn

linear = nn.Linear(3, 2)
x = torch.ones(4, 3, dtype=torch.float64)
try:
    linear(x)
except RuntimeError as error:
    print(error)
    #> mat1 and mat2 must have the same dtype, but got Double and Float

print(linear(x.float()).dtype)
#> torch.float32
print(linear.double()(x).dtype)
#> torch.float64
