# Device: cpu
import torch
import torch.distributed as dist

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
for dtype in (torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64):
    try:
        dist.all_reduce(torch.ones(2, dtype=dtype))
        print(dtype, "ok")
    except RuntimeError as error:
        print(dtype, error)
#> torch.float16 ok
#> torch.bfloat16 ok
#> torch.int64 ok
#> torch.bool ok
#> torch.complex64 ok
dist.destroy_process_group()
