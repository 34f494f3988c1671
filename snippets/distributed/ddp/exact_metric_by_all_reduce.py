# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    right = torch.tensor([0.0, 1.0, 1.0, 1.0, 1.0])

    mine = right[here.rank::here.world_size]  # each sample on one rank, once
    total = torch.tensor([mine.sum(), len(mine)], dtype=torch.float64)
    dist.all_reduce(total)  # after the loop: ranks have unlike numbers of batches
    if here.is_main:
        print(f"{total[0]:.0f} of {total[1]:.0f}, accuracy {total[0] / total[1]:.3f}")
        #> 4 of 5, accuracy 0.800
