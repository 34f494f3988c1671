# Needs: snippets
from snippets.freezing import freeze
from torch import nn

model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
freeze(model)
model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
model.train()
print(model[1].weight.requires_grad, model[1].training)
#> False True

freeze(model)
model.train()
print(model[1].weight.requires_grad, model[1].training)
#> False False
