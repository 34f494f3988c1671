import torch
from torch import nn

with torch.device("meta"):
    layer = nn.Linear(4096, 1000)
    x = torch.ones(8, 4096)
    label = torch.zeros(8, device="cpu")

print(layer.weight.device, x.device, label.device)
#> meta meta cpu
print(layer(x).shape)
#> torch.Size([8, 1000])
