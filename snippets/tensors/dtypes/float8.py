# Device: cpu
import torch

for dtype in (torch.float8_e4m3fn, torch.float8_e5m2):
    print(torch.finfo(dtype).max, torch.finfo(dtype).eps, dtype.itemsize)
#> 448.0 0.125 1
#> 57344.0 0.25 1

x = torch.tensor([0.1, 1.0, 448.0]).to(torch.float8_e4m3fn)
print(x.float())
#> tensor([1.0156e-01, 1.0000e+00, 4.4800e+02])
try:
    x + x
except RuntimeError as error:
    print(error)
    #> "add_stub" not implemented for 'Float8_e4m3fn'
print(x.float() + x.float())
#> tensor([2.0312e-01, 2.0000e+00, 8.9600e+02])
