# Device: cpu
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)
        self.register_buffer("mask", torch.ones(2), persistent=False)


state = Net().state_dict()
with torch.device("meta"):
    model = Net()
print(model.load_state_dict(state, assign=True))
#> <All keys matched successfully>
print(model.fc.weight.device, model.mask.device)
#> cpu meta
