# Needs: torch>=2.12
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

parts = list((torch.tensor([1, 2]) * 10**rank).split(1))
received = [torch.empty_like(part) for part in parts]
dist.all_to_all(received, parts)
tensor = torch.cat(received)

every = [torch.empty_like(tensor) for _ in range(2)] if rank == 0 else None
dist.gather(tensor, every)
if rank == 0:
    for rank, values in enumerate(every):
        print(rank, values)
    #> 0 tensor([ 1, 10])
    #> 1 tensor([ 2, 20])
dist.destroy_process_group()
