# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import torch
from torch.nn.parallel import DistributedDataParallel

from snippets.ddp import distributed


def main(rank):
    model = DistributedDataParallel(torch.nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    x = torch.full((1, 1), float("inf") if rank == 1 else 1.0)
    before = model.module.weight.clone()
    scaler.scale(model(x).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    if rank == 0:  # whose own batch was sound
        print("gradient", model.module.weight.grad.item())
        print("step left out:", model.module.weight.equal(before))
        print("scale", scaler.get_scale())


with distributed(device="cpu") as here:
    main(here.rank)
    #> gradient inf
    #> step left out: True
    #> scale 512.0
