from torch.nn import parallel

print(parallel.DistributedDataParallel.__name__)
#> DistributedDataParallel
try:
    parallel.DistributedDateParallel
except AttributeError as error:
    print(error)
    #> module 'torch.nn.parallel' has no attribute 'DistributedDateParallel'
