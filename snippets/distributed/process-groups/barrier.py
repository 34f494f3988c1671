# Run: torchrun --nproc-per-node=2 FILE
import time
from pathlib import Path

import torch.distributed as dist

dist.init_process_group("gloo")
if dist.get_rank() == 1:
    time.sleep(0.2)
    Path("ready.txt").write_text("written by rank 1")
dist.barrier()
if dist.get_rank() == 0:
    print(Path("ready.txt").read_text())
    #> written by rank 1
dist.destroy_process_group()
