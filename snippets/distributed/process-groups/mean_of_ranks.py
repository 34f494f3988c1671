# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([1.0, 2.0]) * 10**rank
dist.all_reduce(tensor)
tensor /= dist.get_world_size()
if rank == 0:
    print(tensor)
    #> tensor([ 5.5000, 11.0000])
dist.destroy_process_group()
