import torch
from torch import nn


class Noise(nn.Module):
    def forward(self, x):
        if self.training:
            return x + torch.randn_like(x)
        return x


layer = Noise()
x = torch.zeros(1000)
noisy = layer(x)
print(f"training: standard deviation {noisy.std():.0f}")
#> training: standard deviation 1
print("inference:", layer.eval()(x).unique())
#> inference: tensor([0.])
