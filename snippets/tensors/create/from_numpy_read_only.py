# Needs: numpy
# Device: cpu
# Warns: UserWarning
import numpy as np
import torch

pixels = np.frombuffer(b"\x00\x7f\xff", dtype=np.uint8)
print(pixels.flags.writeable)
#> False

risky = torch.from_numpy(pixels)
safe = torch.from_numpy(pixels.copy())
print(np.shares_memory(pixels, risky), np.shares_memory(pixels, safe))
#> True False
