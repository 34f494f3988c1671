import torch
from torch import nn

model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
shapes = {}


def record(module, inputs, output):
    shapes[type(module).__name__] = tuple(output.shape)


handles = [layer.register_forward_hook(record) for layer in model]
model(torch.zeros(2, 1, 8, 8))
for handle in handles:
    handle.remove()
for name, shape in shapes.items():
    print(name, shape)
#> Conv2d (2, 4, 6, 6)
#> ReLU (2, 4, 6, 6)
#> Flatten (2, 144)
#> Linear (2, 10)
