import torch
from torch import nn

logits = torch.tensor([0.0, 0.0, 0.0, 0.0])
target = torch.tensor([1.0, 0.0, 0.0, 0.0])
print(nn.BCEWithLogitsLoss(reduction="none")(logits, target))
#> tensor([0.6931, 0.6931, 0.6931, 0.6931])

pos_weight = (target == 0).sum() / (target == 1).sum()
criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight, reduction="none")
print(criterion(logits, target))
#> tensor([2.0794, 0.6931, 0.6931, 0.6931])

p = logits.sigmoid()
print(-pos_weight * target * p.log() - (1 - target) * (1 - p).log())
#> tensor([2.0794, 0.6931, 0.6931, 0.6931])
