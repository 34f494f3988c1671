from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Dropout(), nn.ReLU()))
print([m.training for m in model.modules()])
#> [True, True, True, True, True]
print(model.eval() is model, [m.training for m in model.modules()])
#> True [False, False, False, False, False]
model.train()
print(model.training, model.train(False).training)
#> True False
