import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.register_parameter("bias", nn.Parameter(torch.zeros(features)))

    def forward(self, x):
        return x * self.weight + self.bias


model = Scale(3)
for name, parameter in model.named_parameters():
    print(name, parameter)
#> weight Parameter containing:
#> tensor([1., 1., 1.], requires_grad=True)
#> bias Parameter containing:
#> tensor([0., 0., 0.], requires_grad=True)
