# Needs: snippets
# Run: torchrun --nproc-per-node=2 FILE
import os

import torch
import torch.distributed as dist

from snippets.checkpoints import Checkpoints, load, save
from snippets.ddp import distributed

with distributed(device="cpu") as here:
    files = Checkpoints("run", keep=2)
    for epoch in range(1, 4):  # rank 0 writes, all wait for it
        files.save(epoch, {"epoch": epoch, "weight": torch.ones(2)})
    state = load(files.latest(), map_location="cpu")

    try:
        save("no-such-folder/last.pt", state)  # fails on rank 0
    except OSError as error:
        seen = torch.tensor(error.errno)  # so it does on all ranks
    dist.all_reduce(seen)
    if here.is_main:
        print(sorted(os.listdir("run")), state["epoch"])
        #> ['step-000000002.pt', 'step-000000003.pt'] 3
        print(os.strerror(seen // 2), "on both")
        #> No such file or directory on both
