# Device: cpu
# Warns: UserWarning
import torch

torch.set_default_tensor_type(torch.DoubleTensor)
print(torch.tensor(1.5).dtype)
#> torch.float64

torch.set_default_dtype(torch.float32)
print(torch.tensor(1.5).dtype)
#> torch.float32
