# Needs: torch>=2.8
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([1.0, 2.0]) * 10**rank
dist.all_reduce(tensor, op=dist.ReduceOp.AVG)
if rank == 0:
    print(tensor)
    #> tensor([ 5.5000, 11.0000])

whole = torch.tensor([1, 2])
try:
    dist.all_reduce(whole, op=dist.ReduceOp.AVG)
except RuntimeError as error:
    if rank == 0:
        print(error)
        #> result type Float can't be cast to the desired output type Long
dist.destroy_process_group()
