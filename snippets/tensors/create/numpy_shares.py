# Needs: numpy
# Device: cpu
import torch

tensor = torch.zeros(3)
array = tensor.numpy()
tensor += 1
print(array)
#> [1. 1. 1.]

tensor = tensor + 1
print(array)
#> [1. 1. 1.]
print(tensor)
#> tensor([2., 2., 2.])
