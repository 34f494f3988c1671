import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)


torch.save(Net(), "net.pt")
del Net
try:
    torch.load("net.pt", weights_only=False)
except AttributeError as error:
    print(error)
    #> Can't get attribute 'Net' on <module '__main__' from ...
