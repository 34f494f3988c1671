import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # as on a machine without GPU
from torch import nn

model = nn.Linear(4, 2)
parallel = nn.DataParallel(model)
print(parallel.module is model)
#> True
print(list(parallel.state_dict()))
#> ['module.weight', 'module.bias']
try:
    parallel.in_features
except AttributeError as error:
    print(error)
    #> 'DataParallel' object has no attribute 'in_features'
print(parallel.module.in_features)
#> 4
