# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    net = torch.nn.Linear(2, 1)
    model = DistributedDataParallel(net)
    if rank == 0:
        torch.save(model.module.state_dict(), "last.pt")
    dist.barrier()  # before any rank reads

    state = torch.load("last.pt", map_location="cpu")  # of this rank: its own device
    fresh = torch.nn.Linear(2, 1)
    fresh.load_state_dict(state)
    equal = torch.tensor(float(fresh.weight.equal(net.weight)))
    dist.all_reduce(equal)
    if rank == 0:
        print(list(state), f"equal on {equal:.0f} ranks")


with distributed(device="cpu") as here:
    main(here.rank)
    #> ['weight', 'bias'] equal on 2 ranks
