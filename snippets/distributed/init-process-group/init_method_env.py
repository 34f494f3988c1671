import os

import torch.distributed as dist

values = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost"}
for name, value in values.items():
    try:
        dist.init_process_group("gloo")
    except ValueError as error:
        print(str(error).partition(": ")[2])
    os.environ[name] = value
#> environment variable RANK expected, but not set
#> environment variable WORLD_SIZE expected, but not set
#> environment variable MASTER_ADDR expected, but not set
try:
    dist.init_process_group("gloo")
except ValueError as error:
    print(str(error).partition(": ")[2])
    #> environment variable MASTER_PORT expected, but not set
