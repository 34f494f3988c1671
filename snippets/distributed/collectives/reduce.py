# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([1, 2]) * 10**rank
dist.reduce(tensor, dst=0)
if rank == 0:
    print(tensor)
    #> tensor([11, 22])
dist.destroy_process_group()
