# Device: cpu
import torch

torch.manual_seed(-1)
print(torch.initial_seed() == 2**64 - 1)
#> True
torch.manual_seed(2**64 - 1)
try:
    torch.manual_seed(2**64)
except (RuntimeError, ValueError) as error:
    print(error)
    #> Overflow when unpacking ...
