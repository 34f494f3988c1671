import importlib

from torch.nn.parallel import DistributedDataParallel as DDP

print(DDP.__name__)
#> DistributedDataParallel
try:  # what import torch.nn.parallel.DistributedDataParallel as DDP does
    importlib.import_module("torch.nn.parallel.DistributedDataParallel")
except ModuleNotFoundError as error:
    print(error)
    #> No module named 'torch.nn.parallel.DistributedDataParallel'
