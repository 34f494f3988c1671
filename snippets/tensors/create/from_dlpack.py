# Needs: numpy
# Device: cpu
import numpy as np
import torch

array = np.arange(3.0)
tensor = torch.from_dlpack(array)
back = np.from_dlpack(tensor)
tensor[0] = 9
print(array, back)
#> [9. 1. 2.] [9. 1. 2.]
