# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([1, 2]) * 10**rank
if rank == 0:
    every = [torch.empty_like(tensor) for _ in range(2)]
    dist.gather(tensor, every, dst=0)
    print(every)
    #> [tensor([1, 2]), tensor([10, 20])]
else:
    dist.gather(tensor, dst=0)
dist.destroy_process_group()
