# Needs: snippets
# Run: torchrun --nproc-per-node=4 FILE
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("copy", "part"))

    sums = torch.full((2,), float(here.rank))
    dist.all_reduce(sums[0], group=mesh.get_group("copy"))
    dist.all_reduce(sums[1], group=mesh.get_group("part"))
    mine = torch.tensor([*mesh.get_coordinate(), *sums.tolist()])
    every = [torch.empty(4) for _ in range(4)] if here.is_main else None
    dist.gather(mine, every)
    if here.is_main:
        print(mesh.mesh.tolist())
        #> [[0, 1], [2, 3]]
        for rank, numbers in enumerate(torch.stack(every).int().tolist()):
            print(rank, numbers)
        #> 0 [0, 0, 2, 1]
        #> 1 [0, 1, 4, 1]
        #> 2 [1, 0, 2, 5]
        #> 3 [1, 1, 4, 5]
