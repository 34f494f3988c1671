# Needs: snippets
import torch
from torch import nn

from snippets.freezing import add_trainable, freeze, unfreeze

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
freeze(model, "0")
head = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.SGD(head, lr=0.1)

print(unfreeze(model, "0"))
#> ['0.weight', '0.bias']
print(add_trainable(optimizer, model, lr=0.01))
#> ['0.weight', '0.bias']
print([group["lr"] for group in optimizer.param_groups])
#> [0.1, 0.01]
