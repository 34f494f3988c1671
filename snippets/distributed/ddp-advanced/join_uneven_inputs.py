# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.distributed.algorithms.join import Join
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import assert_in_sync, distributed


def main(rank):
    model = DistributedDataParallel(torch.nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Join([model]):
        for step in range(3 - rank):  # three batches on rank 0, two on rank 1
            optimizer.zero_grad()
            model(torch.ones(1, 1)).sum().backward()
            optimizer.step()
            if rank == 0:
                print(step, model.module.weight.grad.item())
    assert_in_sync(model)


with distributed(device="cpu") as here:
    main(here.rank)
    #> 0 1.0
    #> 1 1.0
    #> 2 0.5
