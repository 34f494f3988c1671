import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self, features, depth):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(features, features) for _ in range(depth))

    def forward(self, x):
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return x


model = Residual(features=4, depth=3)
print(model(torch.ones(2, 4)).shape, len(model.blocks))
#> torch.Size([2, 4]) 3
print(list(model.state_dict())[:3])
#> ['blocks.0.weight', 'blocks.0.bias', 'blocks.1.weight']
