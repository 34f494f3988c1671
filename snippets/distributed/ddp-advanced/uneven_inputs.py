# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    model = DistributedDataParallel(torch.nn.Linear(1, 1))
    for step in range(3 - rank):  # three batches on rank 0, two on rank 1
        if rank == 0:
            print("step", step)
        model(torch.ones(1, 1)).sum().backward()


try:
    with distributed(timeout=3, device="cpu") as here:
        main(here.rank)
        #> step 0
        #> step 1
        #> step 2
except RuntimeError as error:
    if here.is_main:
        print(type(error).__name__)
        #> RuntimeError
