from torch import nn, optim
from torch.optim.lr_scheduler import ReduceLROnPlateau

optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
scheduler = ReduceLROnPlateau(optimizer, patience=3)
for loss in (0.5, 0.5, 0.6, 0.49999, 0.5):
    optimizer.step()
    scheduler.step(loss)
    print(loss, scheduler.num_bad_epochs, f"{scheduler.get_last_lr()[0]:g}")
#> 0.5 0 0.1
#> 0.5 1 0.1
#> 0.6 2 0.1
#> 0.49999 3 0.1
#> 0.5 0 0.01
