import torch
import torch.nn.functional as F
from torch import nn


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.dropout = nn.Dropout(p=0.5)

    def forward(self, x):
        always = F.dropout(x, p=0.5)
        by_mode = F.dropout(x, p=0.5, training=self.training)
        return self.dropout(x), always, by_mode


x = torch.ones(1000)
for y in Noisy().eval()(x):
    print(y.unique())
#> tensor([1.])
#> tensor([0., 2.])
#> tensor([1.])
