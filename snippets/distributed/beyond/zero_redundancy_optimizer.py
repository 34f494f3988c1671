# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    torch.manual_seed(0)
    model = DistributedDataParallel(torch.nn.Linear(64, 64))
    optimizer = ZeroRedundancyOptimizer(
        model.parameters(), optimizer_class=torch.optim.Adam, lr=0.01
    )
    model(torch.ones(1, 64)).sum().backward()
    optimizer.step()
    states = [t for state in optimizer.optim.state.values() for t in state.values()]
    kept = torch.zeros(2)
    kept[rank] = sum(t.numel() for t in states if t.ndim)
    dist.all_reduce(kept)
    if rank == 0:
        print(kept.tolist(), "of", 2 * (64 * 64 + 64))


with distributed(device="cpu") as here:
    main(here.rank)
    #> [8192.0, 128.0] of 8320
