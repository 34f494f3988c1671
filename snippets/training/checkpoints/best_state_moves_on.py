import copy

import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
nn.init.ones_(model.weight)
best, kept = model.state_dict(), copy.deepcopy(model.state_dict())
with torch.no_grad():
    model.weight -= 0.5
print(best["weight"].item(), kept["weight"].item())
#> 0.5 1.0
