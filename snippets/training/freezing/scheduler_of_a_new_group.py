import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR, StepLR

head, backbone = nn.Linear(3, 2), nn.Linear(4, 3)
for make in [lambda o: StepLR(o, 1, 0.5), lambda o: OneCycleLR(o, 0.1, 100)]:
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1, momentum=0.9)
    scheduler = make(optimizer)
    optimizer.add_param_group({"params": backbone.parameters(), "lr": 0.01})
    optimizer.step()
    try:
        scheduler.step()
        print([group["lr"] for group in optimizer.param_groups])
    except KeyError as error:
        print("KeyError:", error)
#> [0.05, 0.005]
#> KeyError: 'initial_lr'
