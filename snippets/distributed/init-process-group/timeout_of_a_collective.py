# Run: torchrun --nproc-per-node=2 FILE
import time
from datetime import timedelta

import torch
import torch.distributed as dist

dist.init_process_group("gloo", timeout=timedelta(seconds=1))
tensor = torch.ones(1)
if dist.get_rank() == 0:
    try:
        dist.all_reduce(tensor)
    except RuntimeError as error:
        print(error)
        #> ... Timed out waiting 1000ms for recv operation to complete
else:
    time.sleep(2)  # busy elsewhere
dist.destroy_process_group()
