# Run: torchrun --nproc-per-node=2 FILE
import os

import torch
import torch.distributed as dist

rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
store = dist.FileStore("meet_here", world_size)
if rank == 0:
    store.set("greeting", "hello")
else:
    assert store.get("greeting") == b"hello"  # waits until it is there

dist.init_process_group("gloo", store=store, rank=rank, world_size=world_size)
tensor = torch.tensor([1, 2]) * 10**rank
dist.all_reduce(tensor)
if rank == 0:
    print(tensor)
    #> tensor([11, 22])
dist.destroy_process_group()
