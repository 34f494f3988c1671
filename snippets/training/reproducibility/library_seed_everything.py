# Needs: snippets, numpy
import random

import numpy as np
import torch
from snippets.seeding import seed_everything


def draw():
    return random.random(), np.random.rand(), torch.rand(()).item()


seed_everything(42)
first = draw()
print(seed_everything(42), draw() == first)
#> 42 True
print(seed_everything(42, rank=1), draw() == first)
#> 3065008069 False
try:
    seed_everything(1.5)
except TypeError as error:
    print(error)
    #> seed must be an int, got 1.5: pass int(...)
