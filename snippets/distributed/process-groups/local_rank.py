import os

import torch.distributed as dist

print(dist.get_node_local_rank(fallback_rank=0))
#> 0
os.environ["LOCAL_RANK"] = "3"  # torchrun does this
print(dist.get_node_local_rank())
#> 3
