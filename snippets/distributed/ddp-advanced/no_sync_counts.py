# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
from contextlib import nullcontext

import torch
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    data = torch.linspace(-1, 1, 16).view(4, 2, 2)[:, rank]  # four micro-batches
    for accumulate in (False, True):
        torch.manual_seed(0)
        model, calls = DistributedDataParallel(torch.nn.Linear(2, 1)), []
        model.register_comm_hook(
            None, lambda _, bucket: calls.append(1) or allreduce_hook(None, bucket)
        )
        for number, x in enumerate(data):
            with model.no_sync() if accumulate and number < 3 else nullcontext():
                (model(x).square() / 4).backward()
        if rank == 0:
            print(len(calls), "all-reduces", model.module.weight.grad)


with distributed(device="cpu") as here:
    main(here.rank)
    #> 4 all-reduces tensor([[0.3535, 0.2051]])
    #> 1 all-reduces tensor([[0.3535, 0.2051]])
