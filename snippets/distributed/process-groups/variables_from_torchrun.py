# Run: torchrun --nproc-per-node=2 FILE
import os

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK")
mine = torch.tensor([int(os.environ[name]) for name in names])

every = [torch.empty_like(mine) for _ in range(2)] if dist.get_rank() == 0 else None
dist.gather(mine, every)
if dist.get_rank() == 0:
    for name, values in zip(names, torch.stack(every, dim=1)):
        print(name, values.tolist())
    #> RANK [0, 1]
    #> LOCAL_RANK [0, 1]
    #> WORLD_SIZE [2, 2]
    #> LOCAL_WORLD_SIZE [2, 2]
    #> GROUP_RANK [0, 0]
    print("MASTER_ADDR", os.environ["MASTER_ADDR"])
    #> MASTER_ADDR ...
    print("MASTER_PORT", os.environ["MASTER_PORT"])
    #> MASTER_PORT ...
dist.destroy_process_group()
