# Needs: numpy
# Device: cpu
import numpy as np
import torch

array = np.array([1.0, 2.0, 3.0])
tensor = torch.from_numpy(array)
print(tensor.dtype)
#> torch.float64

array[0] = 9
tensor[1] = 8
print(tensor)
#> tensor([9., 8., 3.], dtype=torch.float64)
print(array)
#> [9. 8. 3.]
