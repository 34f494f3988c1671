# Run: torchrun --nproc-per-node=3 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()
if rank in (0, 2):  # rank 1 does not call it
    group = dist.new_group([0, 2], use_local_synchronization=True)
    tensor = torch.tensor([1, 2]) * 10**rank
    dist.all_reduce(tensor, group=group)
    if rank == 0:
        print(tensor)
        #> tensor([101, 202])
dist.destroy_process_group()
