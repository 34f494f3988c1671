import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
for parameter in model.parameters():
    nn.init.constant_(parameter, 0.5)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
for _ in range(20):
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()
w = model[0].weight
print(torch.equal(w, w[:1].expand(4, 2)), (w == 0.5).any())
#> True tensor(False)
