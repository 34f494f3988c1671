import torch
from torch import nn

logits = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.5, 0.0]])
target = torch.tensor([0, 0, 1])
weight = torch.tensor([1.0, 2.0])
losses = nn.CrossEntropyLoss(weight=weight, reduction="none")(logits, target)
print(losses)
#> tensor([0.1269, 0.3133, 1.9482])

print(nn.CrossEntropyLoss(weight=weight)(logits, target))
#> tensor(0.5971)
print(losses.sum() / weight[target].sum())
#> tensor(0.5971)
print(losses.mean())
#> tensor(0.7961)
