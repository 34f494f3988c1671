# Needs: numpy
# Device: cpu
import random

import numpy as np
import torch

for run in range(2):
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    print(random.random(), np.random.rand(), torch.rand(()).item())
#> 0.8444218515250481 0.5488135039273248 0.49625658988952637
#> 0.8444218515250481 0.5488135039273248 0.49625658988952637
