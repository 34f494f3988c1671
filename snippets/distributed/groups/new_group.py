# Run: torchrun --nproc-per-node=3 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

group = dist.new_group([0, 2])  # rank 1 calls it too
tensor = torch.tensor([1, 2]) * 10**rank
if rank in (0, 2):
    dist.all_reduce(tensor, group=group)

answer = torch.tensor([dist.get_rank(group), *tensor])
every = [torch.empty_like(answer) for _ in range(3)] if rank == 0 else None
dist.gather(answer, every)
if rank == 0:
    for rank, (rank_in_group, *values) in enumerate(torch.stack(every).tolist()):
        print(rank, rank_in_group, values)
    #> 0 0 [101, 202]
    #> 1 -1 [10, 20]
    #> 2 1 [101, 202]
    print(dist.get_process_group_ranks(group), dist.get_global_rank(group, 1))
    #> [0, 2] 2
dist.destroy_process_group()
