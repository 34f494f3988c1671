import torch
from torch import nn

model = nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
print(len(optimizer.state))
#> 0
model(torch.ones(1, 4)).sum().backward()
optimizer.step()
for name, value in optimizer.state[model.weight].items():
    print(name, tuple(value.shape))
#> step ()
#> exp_avg (2, 4)
#> exp_avg_sq (2, 4)
print(optimizer.state_dict().keys())
#> dict_keys(['state', 'param_groups'])
