import torch
from torch import nn
from torch.nn import functional as F

logits = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
target = torch.tensor([0, 2])
print(nn.CrossEntropyLoss()(logits, target))
#> tensor(0.8606)
print(F.cross_entropy(logits, target))
#> tensor(0.8606)
print(nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), target))
#> tensor(0.8606)

right = logits[torch.arange(2), target]
losses = logits.logsumexp(dim=1) - right
print(losses, losses.mean())
#> tensor([0.1698, 1.5514]) tensor(0.8606)
