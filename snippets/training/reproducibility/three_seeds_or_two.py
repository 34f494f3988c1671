# Needs: numpy
# Device: cpu
import random

import numpy as np
import torch


def draw(seed_numpy):
    random.seed(0)
    torch.manual_seed(0)
    if seed_numpy:
        np.random.seed(0)
    return random.random(), np.random.rand(), torch.rand(()).item()


print(draw(True))
#> (0.8444218515250481, 0.5488135039273248, 0.49625658988952637)
print(draw(True) == draw(True), draw(False) == draw(False))
#> True False
