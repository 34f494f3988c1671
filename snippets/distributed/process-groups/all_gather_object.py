# Needs: numpy
# Run: torchrun --nproc-per-node=2 FILE
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

every = [None, None]
dist.all_gather_object(every, {"rank": rank, "files": ["a.txt"] * rank})
if rank == 0:
    for answer in every:
        print(answer)
    #> {'rank': 0, 'files': []}
    #> {'rank': 1, 'files': ['a.txt']}
dist.barrier()
dist.destroy_process_group()
