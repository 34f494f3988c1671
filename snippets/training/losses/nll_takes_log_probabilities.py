import torch
from torch.nn import functional as F

logits = torch.tensor([[2.0, 0.0, -1.0]])
target = torch.tensor([0])
print(F.nll_loss(logits.softmax(dim=1), target))
#> tensor(-0.8438)
print(F.nll_loss(logits, target))
#> tensor(-2.)
print(F.nll_loss(logits.log_softmax(dim=1), target))
#> tensor(0.1698)
