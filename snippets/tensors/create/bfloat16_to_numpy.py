# Needs: numpy
# Device: cpu
import torch

half = torch.tensor([0.5, 1.5], dtype=torch.bfloat16)
try:
    half.numpy()
except TypeError as error:
    print(error)
    #> Got unsupported ScalarType BFloat16
print(half.float().numpy())
#> [0.5 1.5]
