# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel
from torch.utils.checkpoint import checkpoint

from snippets.ddp import distributed


class Twice(torch.nn.Linear):
    def forward(self, x):  # used twice, and recomputed in backward()
        x = checkpoint(super().forward, x, use_reentrant=True)
        return checkpoint(super().forward, x, use_reentrant=True)


def main(rank):
    for option in ("find_unused_parameters", "static_graph"):
        model, text = DistributedDataParallel(Twice(2, 2), **{option: True}), "trains"
        try:
            model(torch.ones(1, 2, requires_grad=True)).sum().backward()
        except RuntimeError as error:
            text = str(error).split(".")[0]
        if rank == 0:
            print(f"{option}: {text}")


with distributed(device="cpu") as here:
    main(here.rank)
    #> find_unused_parameters: Expected to mark a variable ready only once
    #> static_graph: trains
