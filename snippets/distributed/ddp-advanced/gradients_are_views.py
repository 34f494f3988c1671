# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    for view in (False, True):
        net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
        model = DistributedDataParallel(net, gradient_as_bucket_view=view)
        for _ in range(2):
            model(torch.ones(1, 2)).sum().backward()
        blocks = {p.grad.untyped_storage().data_ptr() for p in net.parameters()}
        if rank == 0:
            print(f"{view}: 4 gradients in {len(blocks)} blocks of memory")


with distributed(device="cpu") as here:
    main(here.rank)
    #> False: 4 gradients in 4 blocks of memory
    #> True: 4 gradients in 1 blocks of memory
