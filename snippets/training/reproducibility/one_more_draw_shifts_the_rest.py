import torch
from torch import nn


def head_weight(extra_layer, seed_again):
    torch.manual_seed(0)
    layers = [nn.Linear(4, 4)]
    if extra_layer:
        layers.append(nn.Linear(4, 4))
    if seed_again:
        torch.manual_seed(1)
    return nn.Linear(4, 2).weight


print(torch.equal(head_weight(False, False), head_weight(True, False)))
#> False
print(torch.equal(head_weight(False, True), head_weight(True, True)))
#> True
