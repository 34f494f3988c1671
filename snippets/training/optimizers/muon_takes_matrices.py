# Needs: torch>=2.9
from torch import nn, optim

model = nn.Linear(4, 2)
optimizer = optim.Muon([model.weight])
print(optimizer.defaults["lr"], optimizer.defaults["weight_decay"])
#> 0.001 0.1
try:
    optim.Muon(model.parameters())
except ValueError as error:
    print(error)
    #> Muon only supports 2D parameters whereas we found a parameter with size: ...
