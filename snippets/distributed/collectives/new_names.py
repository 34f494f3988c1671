# Needs: torch>=2.13
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([1, 2]) * 10**rank
joined = torch.empty(4, dtype=torch.int64)
dist.all_gather_single(joined, tensor)
part = torch.empty(1, dtype=torch.int64)
dist.reduce_scatter_single(part, tensor)
if rank == 0:
    print(joined, part)
    #> tensor([ 1,  2, 10, 20]) tensor([11])
dist.destroy_process_group()
