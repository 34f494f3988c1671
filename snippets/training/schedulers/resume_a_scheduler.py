import torch
from torch.optim.lr_scheduler import CosineAnnealingLR


def build():
    w = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    return optimizer, CosineAnnealingLR(optimizer, T_max=10)


optimizer, scheduler = build()
for epoch in range(5):
    optimizer.step()
    scheduler.step()
state = {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
print(scheduler.last_epoch, f"{scheduler.get_last_lr()[0]:.4f}")
#> 5 0.0500

optimizer, scheduler = build()
optimizer.load_state_dict(state["optimizer"])
scheduler.load_state_dict(state["scheduler"])
optimizer.step()
scheduler.step()
print(scheduler.last_epoch, f"{scheduler.get_last_lr()[0]:.4f}")
#> 6 0.0345
