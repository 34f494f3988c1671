# Needs: numpy
# Run: torchrun --nproc-per-node=2 FILE
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

objects = [None, None] if rank == 0 else [{"lr": 0.1}, "run 7"]
dist.broadcast_object_list(objects, src=1)
if rank == 0:
    print(objects)
    #> [{'lr': 0.1}, 'run 7']
dist.barrier()
dist.destroy_process_group()
