# Needs: torch>=2.5, snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    mesh = init_device_mesh("cpu", (2,))
    whole = torch.arange(8.0).view(4, 2)
    rows = distribute_tensor(whole, mesh, [Shard(0)])
    columns = distribute_tensor(whole.T.contiguous(), mesh, [Shard(0)])

    product = rows.T @ rows  # of two parts each: their sum is still to come
    summed = product.redistribute(mesh, [Replicate()])
    exact = summed.to_local().equal(whole.T @ whole)
    whole_again = columns.full_tensor()
    if here.is_main:
        print(rows.shape, rows.to_local().tolist())
        #> torch.Size([4, 2]) [[0.0, 1.0], [2.0, 3.0]]
        print(rows.placements, columns.to_local().shape, whole_again.shape)
        #> (Shard(dim=0),) torch.Size([1, 4]) torch.Size([2, 4])
        print(product.placements, summed.placements, exact)
        #> (Partial(sum),) (Replicate(),) True
