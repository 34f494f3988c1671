import torch
from torch import nn

x = torch.linspace(-1, 1, 40).view(40, 1)
y = 2 * x + 1
model = nn.Sequential(nn.Linear(1, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
losses = []
for epoch in range(20):
    model.train()
    for rows in torch.arange(40).view(10, 4).t():
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x[rows]), y[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        losses.append(nn.functional.mse_loss(model(x), y).item())
print("validation loss", losses[0], losses[-1])
#> validation loss ... ...
print(model[1].num_batches_tracked)
#> tensor(80)
assert losses[-1] < min(losses[0], 0.2)
