# Needs: torch>=2.13
# Device: cpu
import torch

x = torch.tensor([448.0, 500.0, 1e6, -1e6])
print(x.to(torch.float8_e4m3fn).float())
#> tensor([ 448.,  448.,  448., -448.])
print(x.to(torch.float8_e5m2).float())
#> tensor([448., 512.,  inf, -inf])
