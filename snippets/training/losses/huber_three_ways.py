import torch
from torch import nn
from torch.nn import functional as F

prediction = torch.tensor([0.5, 0.0, 4.0])
target = torch.zeros(3)
delta = 2.0
print(nn.HuberLoss(delta=delta)(prediction, target))
#> tensor(2.0417)
print(F.huber_loss(prediction, target, delta=delta))
#> tensor(2.0417)

error = (prediction - target).abs()
far = delta * (error - delta / 2)
print(torch.where(error <= delta, error**2 / 2, far).mean())
#> tensor(2.0417)
print(nn.SmoothL1Loss(beta=delta)(prediction, target) * delta)
#> tensor(2.0417)
