import torch
from torch import nn

trained = nn.Linear(3, 2)
nn.init.ones_(trained.weight)
with torch.device("meta"):
    model = nn.Linear(3, 2)
print(model.weight)
#> Parameter containing:
#> tensor(..., device='meta', size=(2, 3), requires_grad=True)

model.load_state_dict(trained.state_dict(), assign=True)
print(model.weight.tolist())
#> [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
assert not model.weight.is_meta
assert not model.bias.is_meta
