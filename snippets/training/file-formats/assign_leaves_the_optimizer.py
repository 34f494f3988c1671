import torch
from torch import nn

model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
state = {k: torch.ones_like(v) for k, v in model.state_dict().items()}
model.load_state_dict(state, assign=True)
model(torch.ones(1, 2)).sum().backward()
optimizer.step()
print(model.weight.tolist())
#> [[1.0, 1.0]]

optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
optimizer.step()
print(model.weight.tolist())
#> [[0.5, 0.5]]
