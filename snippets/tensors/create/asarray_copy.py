# Needs: numpy
# Device: cpu
import numpy as np
import torch

array = np.array([1.0, 2.0])
print(np.shares_memory(array, torch.asarray(array)))
#> True
print(np.shares_memory(array, torch.asarray(array, copy=True)))
#> False
try:
    torch.asarray(array, dtype=torch.float32, copy=False)
except ValueError as error:
    print(error)
    #> can't alias tensor with dtype 'Double' into dtype 'Float'.
