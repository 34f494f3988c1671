# Needs: snippets
from torch import nn

from snippets.freezing import freeze

model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
model[0].bias.requires_grad = False

with freeze(model, "0"):
    print([p.requires_grad for p in model.parameters()])
    #> [False, False, True, True]
print([p.requires_grad for p in model.parameters()])
#> [True, False, True, True]

try:
    freeze(model, "0.wieght")
except ValueError as error:
    print(error)
    #> '0.wieght' selects nothing: try '0.weight' or '1.weight'
