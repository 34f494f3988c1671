from datetime import timedelta

from torch.distributed.constants import default_pg_nccl_timeout, default_pg_timeout

print("gloo", default_pg_timeout)
#> gloo 0:30:00
assert default_pg_nccl_timeout in (timedelta(minutes=10), None)
print("nccl", default_pg_nccl_timeout or "is not in this build")
#> nccl ...
