# Run: torchrun --nproc-per-node=2 FILE
import os

import torch
import torch.distributed as dist

address, port = os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"]
dist.init_process_group(
    "gloo",
    init_method=f"tcp://{address}:{port}",
    rank=int(os.environ["RANK"]),
    world_size=2,
)
tensor = torch.tensor([1, 2]) * 10 ** dist.get_rank()
dist.all_reduce(tensor)
if dist.get_rank() == 0:
    print(tensor)
    #> tensor([11, 22])
dist.destroy_process_group()
