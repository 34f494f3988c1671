# Needs: numpy
# Device: cpu
import random

import numpy as np
import torch

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
first = random.random(), np.random.rand(), torch.rand(1).item()
torch.manual_seed(0)
second = random.random(), np.random.rand(), torch.rand(1).item()
print([a == b for a, b in zip(first, second)])
#> [False, False, True]
