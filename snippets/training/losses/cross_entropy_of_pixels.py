import torch
from torch import nn

logits = torch.zeros(2, 3, 4, 4)
logits[:, 1] = 2.0
target = torch.ones(2, 4, 4, dtype=torch.int64)
criterion = nn.CrossEntropyLoss(reduction="none")
losses = criterion(logits, target)
print(losses.shape)
#> torch.Size([2, 4, 4])
print(losses[0, 0, 0])
#> tensor(0.2395)

rows = logits.permute(0, 2, 3, 1).reshape(-1, 3)
print(criterion(rows, target.flatten()).shape)
#> torch.Size([32])
