# Device: cpu
import os

import torch

for value in ("0,1", "2,3", "-1"):
    os.environ["CUDA_VISIBLE_DEVICES"] = value
    print(f"{value}:", torch.cuda._parse_visible_devices())
#> 0,1: [0, 1]
#> 2,3: [2, 3]
#> -1: []
print(torch.cuda.device_count())
#> 0
