import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)
).to(memory_format=torch.channels_last)
x = torch.zeros(2, 3, 32, 32).to(memory_format=torch.channels_last)

for layer in model:
    x = layer(x)
    print(type(layer).__name__, x.is_contiguous(memory_format=torch.channels_last))
#> Conv2d True
#> BatchNorm2d True
#> ReLU True
#> MaxPool2d True
