import os
from datetime import timedelta

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # as on a machine without GPU
import torch.distributed as dist

alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1}
try:
    dist.init_process_group("nccl", timeout=timedelta(minutes=10), **alone)
except (RuntimeError, ValueError) as error:
    print("refused:", error)
    #> refused: ...
