# Needs: snippets
import torch
from torch import nn

from snippets.freezing import add_trainable, freeze, unfreeze
from snippets.freezing import load_optimizer_state, optimizer_state


def build():
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    freeze(model, "0")
    return model, torch.optim.AdamW(model[1].parameters(), lr=0.1)


model, optimizer = build()
unfreeze(model, "0")
add_trainable(optimizer, model, lr=0.01)
model(torch.ones(3, 4)).sum().backward()
optimizer.step()
saved = model.state_dict(), optimizer_state(optimizer, model)

model, optimizer = build()
model.load_state_dict(saved[0])
load_optimizer_state(optimizer, model, saved[1])
unfreeze(model, "0")
print([(len(group["params"]), group["lr"]) for group in optimizer.param_groups])
#> [(2, 0.1), (2, 0.01)]
print(optimizer.state[model[0].weight]["step"])
#> tensor(1.)
