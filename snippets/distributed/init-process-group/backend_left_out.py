# Device: cpu
import torch
import torch.distributed as dist

dist.init_process_group(store=dist.HashStore(), rank=0, world_size=1)
print(dist.get_backend())
#> undefined

tensor = torch.tensor([1.0, 2.0])
dist.all_reduce(tensor)
print(tensor)
#> tensor([1., 2.])
dist.destroy_process_group()
