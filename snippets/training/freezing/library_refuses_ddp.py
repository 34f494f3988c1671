# Needs: snippets
# Device: cpu
import torch.distributed as dist
from snippets.freezing import unfreeze
from torch import nn
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
model = nn.Sequential(nn.Linear(4, 3).requires_grad_(False), nn.Linear(3, 2))
ddp = DistributedDataParallel(model)
try:
    unfreeze(model, "0")
except TypeError as error:
    print(error)
    #> DistributedDataParallel averages only the gradients of parameters ...
dist.destroy_process_group()
