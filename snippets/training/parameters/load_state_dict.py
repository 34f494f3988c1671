import torch
from torch import nn

model = nn.Linear(2, 1)
weight = model.weight
new = {"weight": torch.tensor([[3.0, 4.0]]), "bias": torch.tensor([5.0])}
print(model.load_state_dict(new))
#> <All keys matched successfully>
print(model.weight is weight, weight.tolist())
#> True [[3.0, 4.0]]

try:
    model.load_state_dict({"weight": new["weight"], "scale": torch.ones(1)})
except RuntimeError as error:
    for line in str(error).splitlines():
        print(line.strip())
    #> Error(s) in loading state_dict for Linear:
    #> Missing key(s) in state_dict: "bias".
    #> Unexpected key(s) in state_dict: "scale".
print(model.load_state_dict({"weight": new["weight"]}, strict=False))
#> _IncompatibleKeys(missing_keys=['bias'], unexpected_keys=[])
