from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout())
model.training = False
print([m.training for m in model.modules()])
#> [False, True, True]
model.eval()
print([m.training for m in model.modules()])
#> [False, False, False]
