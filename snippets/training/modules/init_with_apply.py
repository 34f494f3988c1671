from torch import nn


def init(module):
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(module.bias)


model = nn.Sequential(nn.Linear(800, 400), nn.ReLU(), nn.Linear(400, 3))
model.apply(init)
print(f"{model[0].weight.std():.2f}", f"{(2 / 800) ** 0.5:.2f}")
#> 0.05 0.05
print(model[2].bias, model[2].weight.requires_grad)
#> Parameter containing:
#> tensor([0., 0., 0.], requires_grad=True) True
