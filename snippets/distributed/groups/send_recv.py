# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

if rank == 0:
    dist.send(torch.tensor([1, 2]), dst=1)
    answer = torch.empty(2, dtype=torch.int64)
    print(dist.recv(answer, src=1), answer)
    #> 1 tensor([10, 20])
else:
    got = torch.empty(2, dtype=torch.int64)
    dist.recv(got)  # from whoever sends
    dist.send(got * 10, dst=0)
dist.destroy_process_group()
