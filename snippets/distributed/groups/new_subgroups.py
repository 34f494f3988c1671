# Run: torchrun --nproc-per-node=4 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

pair, pairs = dist.new_subgroups(group_size=2)
tensor = torch.tensor([1, 2]) * 10**rank
dist.all_reduce(tensor, group=pair)

every = [torch.empty_like(tensor) for _ in range(4)] if rank == 0 else None
dist.gather(tensor, every)
if rank == 0:
    for rank, values in enumerate(every):
        print(rank, values)
    #> 0 tensor([11, 22])
    #> 1 tensor([11, 22])
    #> 2 tensor([1100, 2200])
    #> 3 tensor([1100, 2200])
    print([dist.get_process_group_ranks(group) for group in pairs])
    #> [[0, 1], [2, 3]]
dist.destroy_process_group()
