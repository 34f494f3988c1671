# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    x = torch.arange(1.0, 5.0).view(4, 1)  # the whole batch, two samples a rank
    whole, net = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    model = DistributedDataParallel(net)
    for reduction in (torch.mean, torch.sum):
        whole.zero_grad()
        model.zero_grad()
        reduction(whole(x)).backward()
        reduction(model(x[rank::2])).backward()
        if rank == 0:
            one, two = whole.weight.grad.item(), net.weight.grad.item()
            print(f"{reduction.__name__}: 1 process {one}, 2 processes {two}")


with distributed(device="cpu") as here:
    main(here.rank)
    #> mean: 1 process 2.5, 2 processes 2.5
    #> sum: 1 process 10.0, 2 processes 5.0
