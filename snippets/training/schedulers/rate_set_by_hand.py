from torch import nn, optim
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR

for name, make in {
    "ExponentialLR": lambda optimizer: ExponentialLR(optimizer, gamma=0.5),
    "LambdaLR": lambda optimizer: LambdaLR(optimizer, lambda epoch: 0.5**epoch),
}.items():
    optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
    scheduler = make(optimizer)
    optimizer.param_groups[0]["lr"] = 8.0
    optimizer.step()
    scheduler.step()
    print(name, scheduler.get_last_lr())
#> ExponentialLR [4.0]
#> LambdaLR [0.05]
