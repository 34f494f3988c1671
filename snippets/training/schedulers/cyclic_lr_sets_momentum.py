from torch import nn, optim
from torch.optim.lr_scheduler import CyclicLR

for cycle_momentum in (True, False):
    optimizer = optim.SGD(nn.Linear(4, 2).parameters(), lr=0.1)
    CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, cycle_momentum=cycle_momentum)
    print(cycle_momentum, optimizer.param_groups[0]["momentum"])
#> True 0.9
#> False 0

optimizer = optim.Adagrad(nn.Linear(4, 2).parameters())
try:
    CyclicLR(optimizer, base_lr=0.01, max_lr=0.1)
except ValueError as error:
    print(error)
    #> optimizer must support momentum or beta1 with `cycle_momentum` option enabled
