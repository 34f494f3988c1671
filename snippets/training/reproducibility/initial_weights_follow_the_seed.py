import torch
from torch import nn

torch.manual_seed(0)
for layer in (nn.Linear(4, 2), nn.Linear(4, 2)):
    print(layer.weight[0, :3].tolist())
#> [-0.003743410110473633, 0.26822179555892944, -0.4115225672721863]
#> [-0.15110653638839722, -0.09828269481658936, -0.4776742458343506]

for _ in range(2):
    torch.manual_seed(0)
    print(nn.Linear(4, 2).weight[0, :3].tolist())
#> [-0.003743410110473633, 0.26822179555892944, -0.4115225672721863]
#> [-0.003743410110473633, 0.26822179555892944, -0.4115225672721863]
