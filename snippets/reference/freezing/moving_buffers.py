# Needs: snippets
import torch
from torch import nn

from snippets.freezing import freeze


class Codes(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x):
        if self.training:
            self.mean.lerp_(x.mean(0), 0.1)
        return x


model = nn.Sequential(Codes(), nn.BatchNorm1d(4), nn.Dropout(0.5))
print(freeze(model).layers)
#> ['0', '1']
model.train()
model(torch.ones(8, 4))
print(model[0].mean, model[1].running_mean)
#> tensor([0., 0., 0., 0.]) tensor([0., 0., 0., 0.])
print([layer.training for layer in model])
#> [True, False, True]
