# Needs: snippets
from snippets.freezing import freeze, freeze_norm_stats
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
print(freeze_norm_stats(model))
#> ['1']
print(model.train()[1].training, model[1].weight.requires_grad)
#> False True

other = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
freeze(other, norm_stats=False)
print(other.train()[1].training, other[1].weight.requires_grad)
#> True False
