# Run: torchrun --nproc-per-node=3 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()
group = dist.new_group([0, 2])
if rank in (0, 2):
    try:
        dist.broadcast(torch.ones(1), src=1, group=group)  # rank 1 within the group?
    except ValueError as error:
        if rank == 0:
            print(error)
            #> Global rank 1 is not part of group ...
    tensor = torch.tensor([float(rank)])
    dist.broadcast(tensor, src=2, group=group)
    if rank == 0:
        print(tensor)
        #> tensor([2.])
dist.barrier()  # rank 1 must not leave before the others are connected
dist.destroy_process_group()
