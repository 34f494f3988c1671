# Needs: snippets
import torch
from snippets.freezing import add_trainable, freeze, unfreeze
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2))
freeze(model, "0", "1")
optimizer = torch.optim.AdamW(model[2].parameters(), lr=1e-2)
for layer in ["1", "0"]:
    unfreeze(model, layer)
    print(add_trainable(optimizer, model, lr=1e-3))
#> ['1.weight', '1.bias']
#> ['0.weight', '0.bias']
print([(len(g["params"]), g["lr"]) for g in optimizer.param_groups])
#> [(2, 0.01), (2, 0.001), (2, 0.001)]
