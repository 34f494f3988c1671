import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

model = nn.Linear(1, 1, bias=False)
nn.init.zeros_(model.weight)
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
average.update_parameters(model)
for step in range(3):
    with torch.no_grad():
        model.weight += 1
    average.update_parameters(model)
    print(model.weight.item(), f"{average.module.weight.item():.3f}")
#> 1.0 0.100
#> 2.0 0.290
#> 3.0 0.561
