from torch.distributed.constants import default_pg_nccl_timeout, default_pg_timeout

print("gloo", default_pg_timeout)
#> gloo 0:30:00
print("nccl", default_pg_nccl_timeout)
#> nccl ...
