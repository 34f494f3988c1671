import torch
from torch import nn


class Standardize(nn.Module):
    def __init__(self, data):
        super().__init__()
        self.register_buffer("mean", data.mean(dim=0))
        self.register_buffer("std", data.std(dim=0))

    def forward(self, x):
        return (x - self.mean) / self.std


model = Standardize(torch.tensor([[1.0, 10.0], [3.0, 30.0], [5.0, 50.0]]))
print(model(torch.tensor([[5.0, 10.0]])))
#> tensor([[ 1., -1.]])
print(model.state_dict())
#> OrderedDict([('mean', tensor([ 3., 30.])), ('std', tensor([ 2., 20.]))])
print(list(model.parameters()))
#> []
