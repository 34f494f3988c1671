import torch
from torch import nn

prediction = torch.tensor([2.0, 5.0, 3.0])
target = torch.tensor([1.0, 5.0, 7.0])
for reduction in ("mean", "sum", "none"):
    print(reduction, nn.MSELoss(reduction=reduction)(prediction, target))
#> mean tensor(5.6667)
#> sum tensor(17.)
#> none tensor([ 1.,  0., 16.])
