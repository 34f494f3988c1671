# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


class TwoHeads(torch.nn.ModuleList):
    def forward(self, x):
        return self[0](x)  # the second head gets no gradient


def main(rank):
    for options in ({}, {"find_unused_parameters": True}):
        heads = TwoHeads([torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)])
        model, message = DistributedDataParallel(heads, **options), "trains"
        try:
            for _ in range(2):
                model(torch.ones(1, 2)).sum().backward()
        except RuntimeError as error:
            message = str(error).split(" before")[0]
        if rank == 0:
            print(*options, message)


with distributed(device="cpu") as here:
    main(here.rank)
    #> Expected to have finished reduction in the prior iteration
    #> find_unused_parameters trains
