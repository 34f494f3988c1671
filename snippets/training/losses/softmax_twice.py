import torch
from torch.nn import functional as F

logits = torch.tensor([[20.0, 0.0, 0.0]])
target = torch.tensor([0])
print(F.cross_entropy(logits, target))
#> tensor(0.)
print(F.cross_entropy(logits.softmax(dim=1), target))
#> tensor(0.5514)
