# Needs: numpy, torch>=2.6
import pickle

import numpy as np
import torch
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

torch.save({"accuracy": np.float64(0.75)}, "old.pt")
print(sorted(get_unsafe_globals_in_checkpoint("old.pt")))
#> ['numpy._core.multiarray.scalar', 'numpy.dtype']
listed = [np._core.multiarray.scalar, np.dtype]
for classes in (listed, [*listed, np.dtypes.Float64DType]):
    try:
        with safe_globals(classes):
            print(float(torch.load("old.pt")["accuracy"]))
    except pickle.UnpicklingError:
        print("still refused")
#> still refused
#> 0.75
