import torch.distributed as dist

try:
    dist.init_process_group(
        "gloo", store=dist.HashStore(), init_method="env://", rank=0, world_size=1
    )
except AssertionError as error:
    print(error)
    #> Cannot specify both init_method and store.
