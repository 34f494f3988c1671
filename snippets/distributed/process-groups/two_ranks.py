# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([rank, dist.get_world_size()])
every = [torch.empty_like(tensor) for _ in range(2)] if rank == 0 else None
dist.gather(tensor, every)
if rank == 0:
    for rank, world_size in every:
        print(f"rank {rank} of {world_size}")
    #> rank 0 of 2
    #> rank 1 of 2
dist.destroy_process_group()
