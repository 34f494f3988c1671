# Needs: numpy
# Device: cpu
import numpy as np
import torch

array = np.array([1.0, 2.0, 3.0])
copied = torch.tensor(array)
shared = torch.as_tensor(array)
array[0] = 9
print(copied)
#> tensor([1., 2., 3.], dtype=torch.float64)
print(shared)
#> tensor([9., 2., 3.], dtype=torch.float64)
