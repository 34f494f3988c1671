# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import assert_in_sync, distributed


def main(rank):
    net = torch.nn.Linear(2, 1)
    model = DistributedDataParallel(net)
    assert_in_sync(model)
    with torch.no_grad():
        net.bias += rank  # past DDP, which does not see it
    try:
        assert_in_sync(model)
    except RuntimeError as error:
        if rank == 0:
            print(str(error).split(": freeze")[0])


with distributed(device="cpu") as here:
    main(here.rank)
    #> 1 tensor differs from rank 0: 'module.bias' on rank 1
