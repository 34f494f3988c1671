# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    model = DistributedDataParallel(torch.nn.Linear(2, 2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = model(torch.ones(1, 2))
        loss = output.sum()
    loss.backward()
    if rank == 0:
        print(output.dtype, model.module.weight.grad.dtype)


with distributed(device="cpu") as here:
    main(here.rank)
    #> torch.bfloat16 torch.float32
