# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist

from snippets.ddp import EvalSampler, distributed, weighted_mean

with distributed(device="cpu") as here:
    right = torch.tensor([0.0, 1.0, 1.0, 1.0, 1.0])

    mine = right[list(EvalSampler(right))]  # three on rank 0, two on rank 1
    means = mine.mean()
    dist.all_reduce(means)
    exact = weighted_mean(mine.mean(), len(mine))
    if here.is_main:
        print(f"mean of the means {means / 2:.3f}")
        #> mean of the means 0.833
        print(f"weighted mean {exact:.3f}")
        #> weighted mean 0.800
