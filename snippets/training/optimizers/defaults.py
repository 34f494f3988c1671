from inspect import signature

from torch import optim

for optimizer in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad):
    parameters = signature(optimizer).parameters
    values = {name: parameters[name].default for name in ("lr", "weight_decay")}
    print(optimizer.__name__, values)
#> SGD {'lr': 0.001, 'weight_decay': 0}
#> Adam {'lr': 0.001, 'weight_decay': 0}
#> AdamW {'lr': 0.001, 'weight_decay': 0.01}
#> RMSprop {'lr': 0.01, 'weight_decay': 0}
#> Adagrad {'lr': 0.01, 'weight_decay': 0}
print(signature(optim.Adam).parameters["betas"].default)
#> (0.9, 0.999)
print(signature(optim.SGD).parameters["momentum"].default)
#> 0
print(signature(optim.LBFGS).parameters["lr"].default)
#> 1
