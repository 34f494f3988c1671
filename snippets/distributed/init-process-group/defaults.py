import inspect

import torch.distributed as dist

parameters = inspect.signature(dist.init_process_group).parameters
for name in (
    "backend",
    "init_method",
    "timeout",
    "world_size",
    "rank",
    "store",
    "group_name",
    "pg_options",
    "device_id",
):
    print(f"{name}={parameters[name].default!r}")
#> backend=None
#> init_method=None
#> timeout=None
#> world_size=-1
#> rank=-1
#> store=None
#> group_name=''
#> pg_options=None
#> device_id=None
