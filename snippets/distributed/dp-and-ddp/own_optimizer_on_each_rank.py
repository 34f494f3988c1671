# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    model = nn.Linear(2, 1, bias=False)
    nn.init.ones_(model.weight)
    ddp = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        x = torch.tensor([[1.0, 0.5]]) * (1 + here.rank)  # each its own sample
        ddp(x).square().mean().backward()
        optimizer.step()
    momentum = optimizer.state[model.weight]["momentum_buffer"]
    for name, tensor in (("weight", model.weight), ("momentum", momentum)):
        every = [torch.empty(1, 2) for _ in range(2)]
        dist.all_gather(every, tensor)
        assert torch.equal(*every)
        if here.is_main:
            print(name, *every)
    #> weight tensor([[-1.2505, -0.1252]]) tensor([[-1.2505, -0.1252]])
    #> momentum tensor([[5.4422, 2.7211]]) tensor([[5.4422, 2.7211]])
    del ddp
