# Device: cpu
import torch

x = torch.tensor([1, 65535], dtype=torch.uint16)
print(x, torch.uint32.itemsize, torch.uint64.itemsize)
#> tensor([    1, 65535], dtype=torch.uint16) 4 8
try:
    x + 1
except RuntimeError as error:
    print(error)
    #> "add_stub" not implemented for 'UInt16'
print(x.to(torch.int32) + 1)
#> tensor([    2, 65536], dtype=torch.int32)

try:
    torch.promote_types(torch.uint32, torch.int32)
except RuntimeError as error:
    print(error)
    #> Promotion for uint16, uint32, uint64 types is not supported, ...
