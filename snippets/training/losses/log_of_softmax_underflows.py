import torch
from torch.nn import functional as F

logits = torch.tensor([[0.0, 120.0]])
target = torch.tensor([0])
print(logits.softmax(dim=1).log())
#> tensor([[-inf, 0.]])
print(logits.exp() / logits.exp().sum(dim=1))
#> tensor([[0., nan]])
print(logits.log_softmax(dim=1))
#> tensor([[-120.,    0.]])
print(F.cross_entropy(logits, target))
#> tensor(120.)
