# Needs: torch>=2.3, numpy
# Device: cpu
import numpy as np
import torch

depth = np.array([0, 40000, 65535], dtype=np.uint16)
tensor = torch.from_numpy(depth)
print(tensor)
#> tensor([    0, 40000, 65535], dtype=torch.uint16)
print(tensor.to(torch.int32))
#> tensor([    0, 40000, 65535], dtype=torch.int32)
