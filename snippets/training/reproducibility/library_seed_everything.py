# Needs: snippets, numpy
import os
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
os.environ["RANK"] = "1"  # as torchrun sets it
print(seed_everything(42), draw() == first)
#> 3065008069 False
print(seed_everything(42, rank=0), draw() == first)
#> 42 True
try:
    seed_everything(1.5)
except TypeError as error:
    print(error)
    #> seed must be an int, got 1.5: pass int(...)
