# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

mine = torch.tensor([1, 2]) * 10**rank
other = torch.zeros(2, dtype=torch.int64)
sending = dist.isend(mine, dst=1 - rank)
receiving = dist.irecv(other, src=1 - rank)
sending.wait()
receiving.wait()
if rank == 0:
    print(other, receiving.is_completed())
    #> tensor([10, 20]) True
dist.destroy_process_group()
