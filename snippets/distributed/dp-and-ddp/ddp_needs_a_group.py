from torch import nn
from torch.nn.parallel import DistributedDataParallel

try:
    DistributedDataParallel(nn.Linear(4, 2))
except ValueError as error:
    print(str(error).partition(",")[0])
    #> Default process group has not been initialized
