import torch
from torch import nn

logits = torch.tensor([[2.0, 0.0], [0.0, 2.0], [1.0, 0.0]])
target = torch.tensor([0, -100, 1])
criterion = nn.CrossEntropyLoss()
print(criterion.ignore_index)
#> -100
print(criterion(logits, target))
#> tensor(0.7201)
print(criterion(logits[[0, 2]], target[[0, 2]]))
#> tensor(0.7201)
print(criterion(logits, torch.full((3,), -100)))
#> tensor(nan)

total = nn.CrossEntropyLoss(reduction="sum")(logits, target)
print(total / (target != -100).sum())
#> tensor(0.7201)
