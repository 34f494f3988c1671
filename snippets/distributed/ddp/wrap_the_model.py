# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    torch.manual_seed(rank)  # each rank begins with weights of its own
    net = torch.nn.Linear(2, 1)
    model = DistributedDataParallel(net)  # now all have those of rank 0
    weights = [torch.empty(1, 2) for _ in range(2)]
    dist.all_gather(weights, net.weight.detach())

    model(torch.full((4, 2), rank + 1.0)).mean().backward()
    if rank == 0:
        print(weights[0].equal(weights[1]))
        print(net.weight.grad)  # the mean of 1 on rank 0 and 2 on rank 1
        print(list(net.state_dict()), list(model.state_dict()))


with distributed(device="cpu") as here:
    main(here.rank)
    #> True
    #> tensor([[1.5000, 1.5000]])
    #> ['weight', 'bias'] ['module.weight', 'module.bias']
