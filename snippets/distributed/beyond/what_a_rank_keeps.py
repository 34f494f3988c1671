# Needs: torch>=2.7, snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    mesh = init_device_mesh("cpu", (2,))
    for wrap in (DistributedDataParallel, lambda net: fully_shard(net, mesh=mesh)):
        model = wrap(torch.nn.Linear(64, 64))
        optimizer = torch.optim.Adam(model.parameters())
        model(torch.ones(1, 64)).sum().backward()
        optimizer.step()
        kept = [t for p in model.parameters() for t in (p, p.grad)]
        for state in optimizer.state.values():
            kept += [state["exp_avg"], state["exp_avg_sq"]]
        mine = [t.to_local() if hasattr(t, "to_local") else t for t in kept]
        if rank == 0:
            print(type(model).__name__, sum(t.numel() for t in mine))


with distributed(device="cpu") as here:
    main(here.rank)
    #> DistributedDataParallel 16640
    #> FSDPLinear 8320
