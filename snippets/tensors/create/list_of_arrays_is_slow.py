# Needs: numpy
# Device: cpu
# Warns: UserWarning
import numpy as np
import torch

rows = [np.array([0.0, 1.0]), np.array([2.0, 3.0])]
slow = torch.tensor(rows)
fast = torch.from_numpy(np.stack(rows))
print(torch.equal(slow, fast), fast.dtype)
#> True torch.float64
