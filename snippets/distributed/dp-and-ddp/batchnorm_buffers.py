# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def show(when, model):
    mean = model.running_mean
    every = [torch.empty_like(mean) for _ in range(2)]
    dist.all_gather(every, mean)
    if dist.get_rank() == 0:
        print(when, *every)


with distributed(device="cpu") as here:
    model = nn.BatchNorm1d(1)
    ddp = DistributedDataParallel(model)
    x = torch.tensor([[1.0], [2.0]]) * 10 ** here.rank
    ddp(x)
    show("after one step", model)
    model.register_forward_pre_hook(lambda *_: show("in the next", model))
    ddp(x)
    #> after one step tensor([0.1500]) tensor([1.5000])
    #> in the next tensor([0.1500]) tensor([0.1500])
