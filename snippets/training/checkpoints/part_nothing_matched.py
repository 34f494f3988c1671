import torch
from torch import nn

trained = nn.Linear(4, 2)
prefixed = {"module." + k: v for k, v in trained.state_dict().items()}
wrapped = {"epoch": 3, "state_dict": trained.state_dict()}
model = nn.Linear(4, 2)
before = model.weight.clone()
for saved in (prefixed, wrapped):
    own = model.state_dict()
    common = {k: v for k, v in saved.items() if k in own}
    own.update(common)
    print(model.load_state_dict(own), len(common))
#> <All keys matched successfully> 0
#> <All keys matched successfully> 0
print(torch.equal(model.weight, before))
#> True
