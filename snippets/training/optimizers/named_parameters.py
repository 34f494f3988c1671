# Needs: torch>=2.6
from torch import nn, optim

model = nn.Linear(4, 2)
optimizer = optim.SGD(model.named_parameters(), lr=0.1)
print(optimizer.param_groups[0]["param_names"])
#> ['weight', 'bias']
