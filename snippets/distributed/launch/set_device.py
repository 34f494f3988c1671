# Needs: cuda
# Run: torchrun --standalone --nproc-per-node=1 FILE
import os

import torch
import torch.distributed as dist

local_rank = int(os.environ["LOCAL_RANK"])
device = torch.device("cuda", local_rank)
torch.cuda.set_device(device)  # before anything else uses the GPU
dist.init_process_group("nccl", device_id=device)

x = torch.ones(2, device="cuda")
dist.all_reduce(x)
print(x.tolist(), torch.cuda.current_device() == local_rank)
#> [1.0, 1.0] True
with torch.cuda.device(local_rank):  # for a part of the program only
    print(torch.cuda.current_device() == local_rank)
    #> True
dist.destroy_process_group()
