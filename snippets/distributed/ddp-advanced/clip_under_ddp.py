# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import assert_in_sync, distributed


def main(rank):
    net = torch.nn.Linear(2, 1)
    model = DistributedDataParallel(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    model(torch.full((4, 2), rank + 1.0)).sum().backward()
    norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)  # after the average
    optimizer.step()
    assert_in_sync(model)
    if rank == 0:
        print(f"norm {norm:.2f}")


with distributed(device="cpu") as here:
    main(here.rank)
    #> norm 9.38
