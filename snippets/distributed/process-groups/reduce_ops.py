# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()

mine = torch.tensor([6, 1]) if rank == 0 else torch.tensor([3, 2])
tensor = torch.empty_like(mine)
for op in ("SUM", "PRODUCT", "MIN", "MAX", "BAND", "BOR", "BXOR"):
    tensor.copy_(mine)
    dist.all_reduce(tensor, op=getattr(dist.ReduceOp, op))
    if rank == 0:
        print(op, tensor)
#> SUM tensor([9, 3])
#> PRODUCT tensor([18,  2])
#> MIN tensor([3, 1])
#> MAX tensor([6, 2])
#> BAND tensor([2, 0])
#> BOR tensor([7, 3])
#> BXOR tensor([5, 3])
dist.destroy_process_group()
