from torch import nn


def replace_relu(module):
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU):
            setattr(module, name, nn.GELU())
        else:
            replace_relu(child)


block = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
model = nn.Sequential(block, nn.ReLU(), nn.Linear(8, 3))
replace_relu(model)
print(any(isinstance(m, nn.ReLU) for m in model.modules()))
#> False
print(model[0][1], model[1])
#> GELU(approximate='none') GELU(approximate='none')
