# Needs: numpy
# Run: torchrun --nproc-per-node=2 FILE
import time

import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

every = [None, None]
dist.all_gather_object(every, {"rank": rank, "files": ["a.txt"] * rank})
if rank == 0:
    for answer in every:
        print(answer)
    #> {'rank': 0, 'files': []}
    #> {'rank': 1, 'files': ['a.txt']}
time.sleep(0.05)  # up to torch 2.7 the next line may hang without
dist.destroy_process_group()
