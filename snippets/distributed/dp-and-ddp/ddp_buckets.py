# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed

sent = []


def hook(group, bucket):
    sent.append([tuple(p.shape) for p in bucket.parameters()])
    return allreduce_hook(group, bucket)


with distributed(device="cpu") as here:
    model = torch.nn.Sequential(*[torch.nn.Linear(512, 512) for _ in range(2)])
    ddp = DistributedDataParallel(model, bucket_cap_mb=1)  # one layer is 1 MiB
    ddp.register_comm_hook(dist.group.WORLD, hook)
    for _ in range(2):
        ddp(torch.ones(1, 512)).sum().backward()
    if here.is_main:
        print(*sent, sep="\n")
        #> [(512, 512), (512,), (512, 512), (512,)]
        #> [(512,), (512, 512)]
        #> [(512,), (512, 512)]
