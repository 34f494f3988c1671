# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([1, 2]) * 10**rank
dist.broadcast(tensor, src=0)

every = [torch.empty_like(tensor) for _ in range(2)] if rank == 0 else None
dist.gather(tensor, every)
if rank == 0:
    for rank, values in enumerate(every):
        print(rank, values)
    #> 0 tensor([1, 2])
    #> 1 tensor([1, 2])
dist.destroy_process_group()
