import torch
from torch import nn
from torch.nn import functional as F

logits = torch.tensor([2.0, -1.0, 0.0])
target = torch.tensor([1.0, 1.0, 0.0])
print(nn.BCEWithLogitsLoss()(logits, target))
#> tensor(0.7111)
print(F.binary_cross_entropy_with_logits(logits, target))
#> tensor(0.7111)
print(F.binary_cross_entropy(logits.sigmoid(), target))
#> tensor(0.7111)

losses = logits.clamp(min=0) - logits * target + torch.log1p(torch.exp(-logits.abs()))
print(losses.mean())
#> tensor(0.7111)
