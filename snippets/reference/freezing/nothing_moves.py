# Needs: snippets
import torch
from torch import nn

from snippets.freezing import freeze

model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
print(freeze(model, "0", "1"))
#> part                    frozen     trainable
#> 0                           40             0
#> 1                           16             0
#> 2                            0            18
#> all                         56            18

before = {name: value.clone() for name, value in model.state_dict().items()}
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.01)
for step in range(5):
    model.train()
    model(torch.randn(16, 4)).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()
after = model.state_dict()
print([name for name in before if not torch.equal(before[name], after[name])])
#> ['2.weight', '2.bias']
