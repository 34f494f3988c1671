# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch.utils.data import DistributedSampler

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    right = torch.tensor([0.0, 1.0, 1.0, 1.0, 1.0])  # four of five

    sampler = DistributedSampler(right, shuffle=False)
    mine = right[list(sampler)]
    total = torch.tensor([mine.sum(), len(mine)])
    dist.all_reduce(total)
    if here.is_main:
        print(f"{total[0]:.0f} of {total[1]:.0f}, accuracy {total[0] / total[1]:.3f}")
        #> 4 of 6, accuracy 0.667
        print(f"exact: {right.mean():.3f}")
        #> exact: 0.800
