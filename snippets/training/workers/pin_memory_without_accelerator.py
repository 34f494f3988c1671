# Needs: torch>=2.7
# Device: cpu
import os
import warnings

import torch
from torch.utils.data import DataLoader

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # as on a machine without GPU
loader = DataLoader(torch.arange(4), batch_size=2, pin_memory=True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    batch = next(iter(loader))
print(batch.is_pinned())
#> False
print([warning.category.__name__ for warning in caught])
#> ['UserWarning']
