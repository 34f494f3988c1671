import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(1).requires_grad_(False)
        self.head = nn.Linear(1, 1)

    def forward(self, x):
        return self.head(self.norm(x))

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self


model = Net().train()
model(torch.tensor([[2.0], [4.0]]))
print(model.head.training, model.norm.training, model.norm.running_mean)
#> True False tensor([0.])
