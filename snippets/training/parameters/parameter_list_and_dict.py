import torch
from torch import nn

model = nn.Module()
model.scales = nn.ParameterList([torch.ones(2), torch.ones(3)])
model.shifts = nn.ParameterDict({"high": torch.zeros(2), "low": torch.zeros(3)})
print([name for name, _ in model.named_parameters()])
#> ['scales.0', 'scales.1', 'shifts.high', 'shifts.low']
print(type(model.scales[0]).__name__, model.shifts["high"].requires_grad)
#> Parameter True
