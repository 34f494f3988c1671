# Needs: snippets
from snippets.freezing import freeze
from torch import nn

model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
model[0].bias.requires_grad_(False)
with freeze(model, "0", "1"):
    print([p.requires_grad for p in model.parameters()])
    #> [False, False, False, False, True, True]
    model.train()
    print(model[1].training)
    #> False
print([p.requires_grad for p in model.parameters()])
#> [True, False, True, True, True, True]
print(model[1].training)
#> True
