from torch.nn import parallel

print(hasattr(parallel, "DistributedDateParallel"))
#> False
print(hasattr(parallel, "DistributedDataParallel"))
#> True
