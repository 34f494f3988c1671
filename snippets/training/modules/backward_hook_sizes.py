import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))


def report(module, grad_input, grad_output):
    shapes = [None if g is None else tuple(g.shape) for g in grad_input]
    print(type(module).__name__, shapes, tuple(grad_output[0].shape))


for layer in model:
    layer.register_full_backward_hook(report)
x = torch.ones(2, 4, requires_grad=True)
model(x).sum().backward()
#> Linear [(2, 8)] (2, 1)
#> ReLU [(2, 8)] (2, 8)
#> Linear [(2, 4)] (2, 8)
