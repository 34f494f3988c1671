import torch
from torch.optim.lr_scheduler import LinearLR, ReduceLROnPlateau

w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.5)
warm_up = LinearLR(optimizer, start_factor=0.1, total_iters=1)
plateau = ReduceLROnPlateau(optimizer, patience=0)
optimizer.step()
warm_up.step()
for loss in (0.5, 0.6):
    plateau.step(loss)
print(warm_up.get_last_lr(), plateau.get_last_lr())
#> [0.5] [0.05]
print(optimizer.param_groups[0]["lr"])
#> 0.05
