import torch
from torch import nn

x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
target = 2 * x + 1
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.MSELoss()
for step in range(300):
    optimizer.zero_grad()
    loss = criterion(model(x), target)
    loss.backward()
    optimizer.step()
print(f"{model.weight.item():.3f} {model.bias.item():.3f}")
#> 2.000 1.000
