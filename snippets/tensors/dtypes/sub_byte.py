# Needs: torch>=2.6
# Device: cpu
import torch

print(torch.int4, torch.int4.itemsize, torch.int4.is_signed)
#> torch.int4 1 True
print(torch.uint4, torch.uint4.itemsize, torch.uint4.is_signed)
#> torch.uint4 1 False
try:
    torch.ones(3, dtype=torch.int4)
except RuntimeError as error:
    print(error)
    #> "fill_cpu" not implemented for 'Int4'
