# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([1, 2]) * 10**rank
work = dist.all_reduce(tensor, async_op=True)
elsewhere = torch.ones(100, 100) @ torch.ones(100, 100)  # meanwhile
work.wait()
if rank == 0:
    print(tensor, work.is_completed(), elsewhere[0, 0])
    #> tensor([11, 22]) True tensor(100.)
dist.destroy_process_group()
