import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
model = nn.Linear(4, 2)
ddp = DistributedDataParallel(model)
print(ddp.module is model, list(ddp.state_dict()))
#> True ['module.weight', 'module.bias']
del ddp
dist.destroy_process_group()
