import torch
from torch import nn
from torch.nn import functional as F

prediction = torch.tensor([2.0, 5.0, 3.0])
target = torch.tensor([1.0, 5.0, 7.0])
error = prediction - target
print(nn.MSELoss()(prediction, target))
#> tensor(5.6667)
print(F.mse_loss(prediction, target))
#> tensor(5.6667)
print((error**2).mean())
#> tensor(5.6667)

print(nn.L1Loss()(prediction, target))
#> tensor(1.6667)
print(F.l1_loss(prediction, target))
#> tensor(1.6667)
print(error.abs().mean())
#> tensor(1.6667)
