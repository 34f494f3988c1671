# Run: torchrun --standalone --nproc-per-node=2 FILE
import os

import torch

local_rank = int(os.environ["LOCAL_RANK"])
device = torch.device("cpu")
if torch.cuda.device_count() > local_rank:
    device = torch.device("cuda", local_rank)
    torch.cuda.set_device(device)
model = torch.nn.Linear(2, 1).to(device)
if os.environ["RANK"] == "0":
    print("rank 0 uses", model.weight.device)
    #> rank 0 uses ...
