from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = CosineAnnealingLR(optimizer, T_max=4)
rates = []
for epoch in range(9):
    rates.append(round(scheduler.get_last_lr()[0], 4))
    optimizer.step()
    scheduler.step()
print(rates)
#> [0.1, 0.0854, 0.05, 0.0146, 0.0, 0.0146, 0.05, 0.0854, 0.1]
