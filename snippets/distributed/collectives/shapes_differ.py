# Run: torchrun --nproc-per-node=2 FILE
import re

import torch
import torch.distributed as dist

dist.set_debug_level(dist.DebugLevel.DETAIL)  # before the group starts
dist.init_process_group("gloo")
rank = dist.get_rank()
tensor = torch.ones(2 + rank)
try:
    dist.all_reduce(tensor)
except RuntimeError as error:
    if rank == 0:
        print(str(error).partition(".")[0])
        #> Detected mismatch between collectives on ranks
        print(re.findall(r"Rank \d|TensorShape=[^,]+", str(error)))
        #> ['Rank 0', 'TensorShape=[2]', 'Rank 1', 'TensorShape=[3]']
dist.destroy_process_group()
