# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

tensor = torch.tensor([1, 2]) * 10**rank
every = [torch.empty_like(tensor) for _ in range(2)]
dist.all_gather(every, tensor)

answers = [torch.empty(2, 2, dtype=torch.int64) for _ in range(2)]
joined = torch.stack(every)
dist.gather(joined, answers if rank == 0 else None)
if rank == 0:
    for rank, values in enumerate(answers):
        print(rank, values.tolist())
    #> 0 [[1, 2], [10, 20]]
    #> 1 [[1, 2], [10, 20]]
dist.destroy_process_group()
