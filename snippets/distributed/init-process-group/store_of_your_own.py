# Run: torchrun --nproc-per-node=2 FILE
import os
import time

import torch
import torch.distributed as dist

rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
store = dist.FileStore("meet_here", world_size)
if rank == 0:
    print("is there:", store.check(["greeting"]))
    #> is there: False
    store.set("looked", "yes")
    print(store.get("greeting"))  # waits until rank 1 has set it
    #> b'hello'
else:
    store.wait(["looked"])
    time.sleep(0.2)
    store.set("greeting", "hello")

dist.init_process_group("gloo", store=store, rank=rank, world_size=world_size)
tensor = torch.tensor([1, 2]) * 10**rank
dist.all_reduce(tensor)
if rank == 0:
    print(tensor)
    #> tensor([11, 22])
dist.destroy_process_group()
