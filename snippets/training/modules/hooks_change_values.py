import torch
from torch import nn

layer = nn.Identity()
layer.register_forward_pre_hook(lambda module, inputs: (inputs[0] / 255,))
layer.register_forward_hook(lambda module, inputs, output: output.clamp(max=0.5))
print(layer(torch.tensor([0.0, 51.0, 255.0])))
#> tensor([0.0000, 0.2000, 0.5000])
