import torch
from torch import nn


class Project(nn.Module):
    def __init__(self, as_buffer):
        super().__init__()
        matrix = torch.eye(2)
        if as_buffer:
            self.register_buffer("matrix", matrix)
        else:
            self.matrix = matrix

    def forward(self, x):
        return x @ self.matrix


x = torch.ones(1, 2, dtype=torch.float64)
print(Project(as_buffer=True).double()(x))
#> tensor([[1., 1.]], dtype=torch.float64)
try:
    Project(as_buffer=False).double()(x)
except RuntimeError as error:
    print(error)
    #> expected ... to have the same dtype, but got: double != float
