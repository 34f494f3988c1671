import torch
from torch import nn, optim

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
optimizer = optim.SGD(model.parameters(), lr=0.1)
model[1] = nn.Linear(4, 3)
before = model[1].weight.detach().clone()
model(torch.ones(1, 4)).sum().backward()
optimizer.step()
print((model[1].weight - before).abs().max().item())
#> 0.0

optimizer = optim.SGD(model.parameters(), lr=0.1)
optimizer.step()
print(f"{(model[1].weight - before).abs().max().item():.4f}")
#> 0.1214
