import torch
from torch import nn

model = nn.Linear(2, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model.weight = nn.Parameter(torch.ones(1, 2))
model(torch.ones(1, 2)).sum().backward()
optimizer.step()
print(model.weight.grad.tolist(), model.weight.tolist())
#> [[1.0, 1.0]] [[1.0, 1.0]]

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer.step()
print(model.weight.data)
#> tensor([[0.9000, 0.9000]])
