# Warns: UserWarning
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

group = dist.new_group([1])
tensor = torch.tensor([1, 2]) * 10**rank
work = dist.all_reduce(tensor, group=group)
if rank == 0:
    print(work, tensor, dist.get_rank(group))
    #> None tensor([1, 2]) -1
dist.destroy_process_group()
