import copy

import torch
from torch import nn

model = nn.Linear(2, 1, bias=False)
nn.init.constant_(model.weight, 1.0)
state = model.state_dict()
snapshot = copy.deepcopy(state)

optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
model(torch.ones(1, 2)).sum().backward()
optimizer.step()
print(state["weight"], snapshot["weight"])
#> tensor([[0.5000, 0.5000]]) tensor([[1., 1.]])

state["weight"].fill_(9.0)
print(model.weight.tolist())
#> [[9.0, 9.0]]
