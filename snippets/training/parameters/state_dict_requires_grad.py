from torch import nn

model = nn.Linear(2, 1)
state = model.state_dict()
print(model.weight.requires_grad, state["weight"].requires_grad)
#> True False

model.weight.requires_grad = False
state["weight"].requires_grad = True
print(model.weight.requires_grad, state["weight"].requires_grad)
#> False True

kept = model.state_dict(keep_vars=True)
print(kept["bias"] is model.bias, kept["bias"].requires_grad)
#> True True
