import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # as on a machine without GPU
import torch
import torch.distributed as dist

for device in ("cpu", "cuda"):
    try:
        dist.init_process_group(
            "gloo",
            store=dist.HashStore(),
            rank=0,
            world_size=1,
            device_id=torch.device(device),
        )
    except ValueError as error:
        print(device, type(error).__name__, error)
#> cpu ValueError init_process_group device_id parameter must be ...
#> cuda ValueError ...
