import torch
from torch import nn

trained = nn.Linear(3, 2)
with torch.device("meta"):
    model = nn.Linear(3, 2)
print(model.weight.is_meta)
#> True

model.load_state_dict(trained.state_dict(), assign=True)
print(model.weight.is_meta, torch.equal(model.weight, trained.weight))
#> False True
