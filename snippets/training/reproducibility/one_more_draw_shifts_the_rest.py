import torch
from torch import nn


def head_weight(extra_layer, seed_again):
    torch.manual_seed(0)
    layers = [nn.Linear(4, 4)]
    if extra_layer:
        layers.append(nn.Linear(4, 4))
    if seed_again:
        torch.manual_seed(1)
    return nn.Linear(4, 2).weight[0, :3].tolist()


for seed_again in (False, True):
    for extra_layer in (False, True):
        print(seed_again, extra_layer, head_weight(extra_layer, seed_again))
#> False False [0.18160855770111084, 0.41519397497177124, -0.10290008783340454]
#> False True [0.026295781135559082, -0.25634175539016724, 0.08459234237670898]
#> True False [0.2576315999031067, -0.22068911790847778, -0.09693074226379395]
#> True True [0.2576315999031067, -0.22068911790847778, -0.09693074226379395]
