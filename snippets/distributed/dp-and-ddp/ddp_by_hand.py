# Run: torchrun --nproc-per-node=2 FILE
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def main():
    torch.manual_seed(0)
    model, twin = nn.Linear(4, 2), nn.Linear(4, 2)
    twin.load_state_dict(model.state_dict())
    x = torch.randn(2, 3, 4)[dist.get_rank()]

    ddp = DistributedDataParallel(twin)
    ddp(x).square().mean().backward()

    model(x).square().mean().backward()
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad)
        parameter.grad /= dist.get_world_size()

    if dist.get_rank() == 0:
        print(torch.allclose(model.weight.grad, twin.weight.grad))


dist.init_process_group("gloo")
main()
#> True
dist.destroy_process_group()
