# Needs: torch>=2.7, snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from snippets.ddp import distributed


def main(rank):
    mesh = init_device_mesh("cpu", (2,))
    for early in (True, False):
        model = torch.nn.Linear(2, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        fully_shard(model, mesh=mesh)
        if not early:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        before = model.weight.full_tensor()
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        moved = not model.weight.full_tensor().equal(before)
        if rank == 0:
            print(f"optimizer {'before' if early else 'after'}: moved is {moved}")


with distributed(device="cpu") as here:
    main(here.rank)
    #> optimizer before: moved is False
    #> optimizer after: moved is True
