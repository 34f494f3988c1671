# Run: torchrun --nproc-per-node=2 FILE
import time
from datetime import timedelta

import torch.distributed as dist

dist.init_process_group("gloo")
if dist.get_rank() == 0:
    try:
        dist.monitored_barrier(timeout=timedelta(seconds=0.5))
    except RuntimeError as error:
        print(str(error).splitlines()[0])
        #> [Rank 0]: Rank 1 failed to pass monitoredBarrier in 500 ms
else:
    time.sleep(1)  # does not come
dist.destroy_process_group()
