import torch
from torch import nn
from torch.nn import functional as F

probability = torch.tensor([[0.9, 0.2], [0.4, 0.7]])
target = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
print(nn.BCELoss()(probability, target))
#> tensor(0.4004)
print(F.binary_cross_entropy(probability, target))
#> tensor(0.4004)

losses = -target * probability.log() - (1 - target) * (1 - probability).log()
print(losses)
#> tensor([[0.1054, 0.2231],
#>         [0.9163, 0.3567]])
print(losses.mean())
#> tensor(0.4004)
