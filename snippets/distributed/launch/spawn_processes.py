# Device: cpu
import os
import tempfile

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def work(rank, world_size, file):
    dist.init_process_group(
        "gloo", init_method=f"file://{file}", rank=rank, world_size=world_size
    )
    total = torch.tensor(rank + 1)
    dist.all_reduce(total)
    if rank == 0:
        print(total.item(), "LOCAL_RANK" in os.environ)
    dist.destroy_process_group()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(work, args=(2, f"{folder}/store"), nprocs=2)
    #> 3 False
