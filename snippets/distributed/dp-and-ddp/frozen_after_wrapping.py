# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    ddp = DistributedDataParallel(model)
    model[0].requires_grad_(False)  # too late
    x = torch.ones(1, 2)
    ddp(x).sum().backward()
    try:
        ddp(x)
    except RuntimeError as error:
        if dist.get_rank() == 0:
            print(str(error).partition(" before")[0])


with distributed(device="cpu"):
    main()
    #> Expected to have finished reduction in the prior iteration
