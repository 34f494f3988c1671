import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)


torch.save(Net(), "net.pt")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(x)


net = torch.load("net.pt", weights_only=False)
try:
    net(torch.ones(1, 4))
except AttributeError as error:
    print(error)
    #> 'Net' object has no attribute 'head'
