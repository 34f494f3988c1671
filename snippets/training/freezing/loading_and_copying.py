import copy

import torch
from torch import nn

frozen = nn.Linear(2, 1).requires_grad_(False)
print(copy.deepcopy(frozen).weight.requires_grad)
#> False

loaded = nn.Linear(2, 1)
loaded.load_state_dict(frozen.state_dict())
print(loaded.weight.requires_grad)
#> True

frozen.load_state_dict({"weight": torch.ones(1, 2), "bias": torch.zeros(1)})
print(frozen.weight.tolist(), frozen.weight.requires_grad)
#> [[1.0, 1.0]] False
