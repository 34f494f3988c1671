import torch
from torch import nn

logits = torch.tensor([[2.0], [-1.0], [0.0]])
labels = torch.tensor([1, 0, 1])
loss = nn.BCEWithLogitsLoss()(logits.squeeze(1), labels.float())
print(loss)
#> tensor(0.3778)

right = torch.where(labels == 1, logits.squeeze(1), -logits.squeeze(1)).sigmoid()
print(right, -right.log().mean())
#> tensor([0.8808, 0.7311, 0.5000]) tensor(0.3778)
