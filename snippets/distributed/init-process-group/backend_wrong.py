# Warns: UserWarning
import torch.distributed as dist

for backend in ("glo", 3):
    try:
        dist.init_process_group(
            backend, store=dist.HashStore(), rank=0, world_size=1
        )
    except (AssertionError, ValueError) as error:
        print(type(error).__name__, error)
#> AssertionError Unknown ...
#> ValueError Backend constructor parameter must be string-ish
