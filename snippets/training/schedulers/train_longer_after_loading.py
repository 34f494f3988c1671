import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
state = CosineAnnealingLR(optimizer, T_max=10).state_dict()
longer = CosineAnnealingLR(torch.optim.SGD([w], lr=0.1), T_max=50)
longer.load_state_dict(state)
print(longer.T_max)
#> 10
longer.T_max = 50  # as planned now
