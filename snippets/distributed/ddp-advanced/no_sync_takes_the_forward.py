# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    x = torch.full((1, 1), rank + 1.0)
    model = DistributedDataParallel(torch.nn.Linear(1, 1))
    with model.no_sync():
        model(x).sum().backward()
    alone = model.module.weight.grad.item()

    model.zero_grad()
    loss = model(x).sum()  # outside: this decides
    with model.no_sync():
        loss.backward()
    if rank == 0:
        print("both inside", alone)
        print("backward inside", model.module.weight.grad.item())


with distributed(device="cpu") as here:
    main(here.rank)
    #> both inside 1.0
    #> backward inside 1.5
