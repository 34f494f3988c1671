# Needs: torch>=2.7, snippets
# Run: torchrun --nproc-per-node=2 FILE
import copy

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from snippets.ddp import distributed

with distributed(device="cpu") as here:
    torch.manual_seed(0)  # the same weights on each rank
    whole = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Linear(8, 2))
    model, mesh = copy.deepcopy(whole), init_device_mesh("cpu", (2,))
    for part in (*model, model):  # the layers, then the root
        fully_shard(part, mesh=mesh)
    x = torch.linspace(-1, 1, 16).view(4, 4)
    for net, data in ((whole, x), (model, x[here.rank :: 2])):
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)  # after sharding
        for _ in range(5):
            optimizer.zero_grad()
            net(data).square().mean().backward()
            optimizer.step()
    weight, mine = model[0].weight.full_tensor(), model[0].weight.to_local()
    if here.is_main:
        print(type(model[0].weight).__name__, weight.shape, mine.shape)
        #> DTensor torch.Size([8, 4]) torch.Size([4, 4])
        print(torch.allclose(weight, whole[0].weight, atol=1e-5))
        #> True
