import torch.distributed as dist

print("gloo", dist.is_gloo_available())
#> gloo True
print("nccl", dist.is_nccl_available())
#> nccl ...
print("mpi", dist.is_mpi_available())
#> mpi False
print("ucc", dist.is_ucc_available())
#> ucc False
