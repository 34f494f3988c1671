import torch
from torch import nn
from torch.optim.lr_scheduler import LinearLR, ReduceLROnPlateau

x = torch.linspace(-1, 1, 32).view(32, 1)
target = 3 * x
train, valid = (x[::2], target[::2]), (x[1::2], target[1::2])
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
warm_up = LinearLR(optimizer, start_factor=0.1, total_iters=8)
plateau = ReduceLROnPlateau(optimizer, patience=3)
for epoch in range(30):
    for x_batch, target_batch in zip(train[0].split(4), train[1].split(4)):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x_batch), target_batch).backward()
        optimizer.step()
        warm_up.step()
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(valid[0]), valid[1])
    plateau.step(loss)
    if epoch < 2:
        print(epoch, round(optimizer.param_groups[0]["lr"], 4))
#> 0 0.275
#> 1 0.5
print(f"{loss.item():.4f}")
#> 0.0000
