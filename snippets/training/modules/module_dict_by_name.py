import torch
from torch import nn


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)
        heads = {"digit": nn.Linear(8, 10), "parity": nn.Linear(8, 2)}
        self.heads = nn.ModuleDict(heads)

    def forward(self, x, task):
        return self.heads[task](torch.relu(self.body(x)))


model = TwoHeads()
x = torch.ones(2, 4)
print(model(x, "digit").shape, model(x, "parity").shape)
#> torch.Size([2, 10]) torch.Size([2, 2])
print(list(model.heads), len(model.state_dict()))
#> ['digit', 'parity'] 6
