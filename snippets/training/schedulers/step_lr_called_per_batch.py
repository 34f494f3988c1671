from torch import nn, optim
from torch.optim.lr_scheduler import StepLR

for per_batch in (False, True):
    optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=10, gamma=0.1)
    for epoch in range(2):
        for batch in range(50):
            optimizer.step()
            if per_batch:
                scheduler.step()
        if not per_batch:
            scheduler.step()
    print(per_batch, f"{scheduler.get_last_lr()[0]:g}")
#> False 0.1
#> True 1e-11
