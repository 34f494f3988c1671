import torch
from torch.nn import functional as F

logit = torch.tensor([1.5, -0.5])
target = torch.tensor([1, 0])
print(F.binary_cross_entropy_with_logits(logit, target.float()))
#> tensor(0.3377)

two = torch.stack([torch.zeros(2), logit], dim=1)
print(F.cross_entropy(two, target))
#> tensor(0.3377)
