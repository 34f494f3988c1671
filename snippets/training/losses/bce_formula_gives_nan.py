import torch
from torch.nn import functional as F

probability = torch.tensor([0.0, 1.0, 1.0])
target = torch.tensor([0.0, 1.0, 0.0])
losses = -target * probability.log() - (1 - target) * (1 - probability).log()
print(losses)
#> tensor([nan, nan, inf])
print(F.binary_cross_entropy(probability, target, reduction="none"))
#> tensor([  0.,  -0., 100.])
