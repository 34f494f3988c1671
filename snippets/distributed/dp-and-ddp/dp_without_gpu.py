import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # as on a machine without GPU
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
parallel = nn.DataParallel(model)
x = torch.randn(6, 4)
print(parallel.device_ids, torch.equal(parallel(x), model(x)))
#> [] True
