# Device: cpu
import torch
import torch.distributed as dist

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
dtypes = (torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64)
tensors = [torch.ones(2, dtype=dtype) for dtype in dtypes]
for tensor in tensors:
    try:
        dist.all_reduce(tensor)
        print(tensor.dtype, "ok")
    except RuntimeError as error:
        print(tensor.dtype, error)
#> torch.float16 ok
#> torch.bfloat16 ok
#> torch.int64 ok
#> torch.bool ok
#> torch.complex64 ok
dist.destroy_process_group()
