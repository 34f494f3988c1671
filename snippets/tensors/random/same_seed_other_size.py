# Device: cpu
import torch

torch.manual_seed(0)
short = torch.randn(4)
torch.manual_seed(0)
long = torch.randn(16)
print(short)
#> tensor([ 1.5410, -0.2934, -2.1788,  0.5684])
print(long[:4])
#> tensor([-1.1258, -1.1524, -0.2506, -0.4339])

torch.manual_seed(0)
print(torch.randn(4, dtype=torch.float64))
#> tensor([ 1.5410, -0.2934, -2.1788,  0.5684], dtype=torch.float64)
