from torch import nn

model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
try:
    for name, param in model.named_parameters():
        if name.startswith("0."):
            params.requires_grad = False
except NameError as error:
    print(error)
    #> name 'params' is not defined

params = list(model.parameters())[-1]
for name, param in model.named_parameters():
    if name.startswith("0."):
        params.requires_grad = False
print([p.requires_grad for p in model.parameters()])
#> [True, True, True, False]
