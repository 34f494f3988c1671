from torch import nn, optim
from torch.optim.lr_scheduler import ReduceLROnPlateau

for mode in ("min", "max"):
    optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
    scheduler = ReduceLROnPlateau(optimizer, mode=mode, patience=1, min_lr=0.001)
    for accuracy in (0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99):
        optimizer.step()
        scheduler.step(accuracy)
    print(mode, f"{scheduler.get_last_lr()[0]:g}")
#> min 0.001
#> max 0.1
