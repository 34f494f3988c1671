import torch
from torch import nn

logits = torch.tensor([1.5, 3.0])
print(nn.BCEWithLogitsLoss()(logits, torch.tensor([2.0, 2.0])))
#> tensor(-2.1250)
