import torch
from torch.nn import functional as F

target = torch.tensor([1.0, 2.0])
prediction = target.clone().requires_grad_()
F.mse_loss(prediction, target).sqrt().backward()
print(prediction.grad)
#> tensor([nan, nan])

prediction.grad = None
(F.mse_loss(prediction, target) + 1e-8).sqrt().backward()
print(prediction.grad)
#> tensor([0., 0.])
