# Warns: UserWarning
# Device: cpu
import torch
from torch import nn

state = nn.Linear(4, 2).state_dict()
with torch.device("meta"):
    model = nn.Linear(4, 2)
print(model.load_state_dict(state))
#> <All keys matched successfully>
print(model.weight.device)
#> meta
