from datetime import timedelta

import torch.distributed as dist

for timeout in (1800, timedelta(seconds=-1)):
    try:
        dist.init_process_group(
            "gloo",
            store=dist.HashStore(),
            rank=0,
            world_size=1,
            timeout=timeout,
        )
    except (TypeError, RuntimeError) as error:
        print(type(error).__name__, error)
#> TypeError Expected timeout argument to be of type datetime.timedelta, got 1800
#> RuntimeError ... timeout.count() >= 0. Invalid timeout
