# Device: cpu
import torch
from torch.utils.data import DataLoader

loader = DataLoader(torch.arange(4), batch_size=2, pin_memory_device="cuda")
print(loader.pin_memory, next(iter(loader)).is_pinned())
#> False False
