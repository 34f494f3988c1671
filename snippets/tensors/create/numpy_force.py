# Needs: numpy
# Device: cpu
import numpy as np
import torch

weight = torch.tensor([1.0, 2.0], requires_grad=True)
array = weight.numpy(force=True)
print(array, np.shares_memory(array, weight.detach()))
#> [1. 2.] True

signal = torch.tensor([1 + 2j])
array = signal.conj().numpy(force=True)
print(array, np.shares_memory(array, signal))
#> [1.-2.j] False
