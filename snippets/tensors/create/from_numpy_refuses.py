# Needs: numpy
# Device: cpu
import numpy as np
import torch

array = np.arange(3)
try:
    torch.from_numpy([0, 1, 2])
except TypeError as error:
    print(error)
    #> expected np.ndarray (got list)
try:
    torch.from_numpy(array[::-1])
except ValueError as error:
    print(error)
    #> At least one stride in the given numpy array is negative, and tensors ...
try:
    torch.from_numpy(array.astype(str))
except TypeError as error:
    print(error)
    #> can't convert np.ndarray of type numpy.str_. The only supported types are: ...
print(torch.from_numpy(array[::-1].copy()))
#> tensor([2, 1, 0])
