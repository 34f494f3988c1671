# Needs: torch>=2.14
import inspect

import torch.distributed as dist

parameters = inspect.signature(dist.init_process_group).parameters
print(parameters["enable_reconfigure"])
#> enable_reconfigure: bool = False
