# Needs: snippets
from collections import OrderedDict

from snippets.freezing import freeze
from torch import nn

backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
model = nn.Sequential(OrderedDict(backbone=backbone, head=nn.Linear(3, 2)))
frozen = freeze(model, "backbone")
print(frozen)
#> part                    frozen     trainable
#> backbone                    21             0
#> head                         0             8
#> all                         21             8
print(frozen.numel, frozen.layers)
#> 21 ['backbone.1']
