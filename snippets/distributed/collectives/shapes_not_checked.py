# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()
tensor = torch.tensor([1.0, 2.0]) if rank == 0 else torch.zeros(3)
dist.broadcast(tensor, src=0)  # no error on any rank

every = [torch.empty(3) for _ in range(2)] if rank == 0 else None
dist.gather(tensor if rank else torch.zeros(3), every)
if rank == 0:
    print("rank 1 got", every[1])
    #> rank 1 got tensor([1., 2., 0.])
dist.destroy_process_group()
