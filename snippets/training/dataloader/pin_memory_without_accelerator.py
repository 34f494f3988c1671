# Device: cpu
import warnings

import torch
from torch.utils.data import DataLoader

loader = DataLoader(torch.arange(4), batch_size=2, pin_memory=True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    batch = next(iter(loader))
print(batch.is_pinned() == torch.cuda.is_available())
#> True
print({warning.category for warning in caught} <= {UserWarning})
#> True
