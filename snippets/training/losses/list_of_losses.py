import warnings

import torch

w = torch.tensor(2.0, requires_grad=True)
losses = [(w - x) ** 2 for x in (1.0, 3.0, 5.0)]
with warnings.catch_warnings(record=True):
    copied = torch.Tensor(losses).mean()
print(copied.item(), copied.requires_grad)
#> 3.6666667461395264 False

stacked = torch.stack(losses).mean()
print(stacked.item(), stacked.requires_grad)
#> 3.6666667461395264 True
