# Needs: numpy
# Device: cpu
import numpy as np
import torch

prices = np.array([9.5, 12.0, 7.25])
snapshot = torch.tensor(prices, dtype=torch.float32)
prices[0] = 0
print(prices)
#> [ 0.   12.    7.25]
print(snapshot, snapshot.dtype)
#> tensor([ 9.5000, 12.0000,  7.2500]) torch.float32
