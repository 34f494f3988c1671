import torch
from torch import nn

model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model.scale = nn.Parameter(torch.tensor(1.0))

before = {name: p.clone() for name, p in model.named_parameters()}
(model(torch.ones(1, 2)) * model.scale + model.scale).sum().backward()
optimizer.step()
for name, parameter in model.named_parameters():
    changed = not torch.equal(parameter, before[name])
    print(name, parameter.grad is not None, changed)
#> weight True True
#> bias True True
#> scale True False
