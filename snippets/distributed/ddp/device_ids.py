# Device: cpu
import textwrap

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

store = dist.HashStore()
dist.init_process_group("gloo", store=store, rank=0, world_size=1)
try:
    DistributedDataParallel(torch.nn.Linear(2, 1), device_ids=[0])
except ValueError as error:
    print(textwrap.fill(str(error), 80))
    #> DistributedDataParallel device_ids and output_device arguments only work with
    #> single-device/multiple-device GPU modules or CPU modules, but got device_ids
    #> [0], output_device None, and module parameters {device(type='cpu')}.
dist.destroy_process_group()
