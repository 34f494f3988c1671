from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
model.train()
model[1].eval()
print([layer.training for layer in model])
#> [True, False, True]
model.train()
print([layer.training for layer in model])
#> [True, True, True]
