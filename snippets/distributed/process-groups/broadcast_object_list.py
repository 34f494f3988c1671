# Needs: numpy
# Run: torchrun --nproc-per-node=2 FILE
import time

import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

objects = [None, None] if rank == 0 else [{"lr": 0.1}, "run 7"]
dist.broadcast_object_list(objects, src=1)
if rank == 0:
    print(objects)
    #> [{'lr': 0.1}, 'run 7']
time.sleep(0.05)  # up to torch 2.7 the next line may hang without
dist.destroy_process_group()
