import torch
from torch import nn
from torch.nn import functional as F

logits = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
target = torch.tensor([0, 2])
print(nn.CrossEntropyLoss(label_smoothing=0.3)(logits, target))
#> tensor(1.0606)

smooth = 0.7 * F.one_hot(target, num_classes=3) + 0.3 / 3
print(smooth)
#> tensor([[0.8000, 0.1000, 0.1000],
#>         [0.1000, 0.1000, 0.8000]])
print(F.cross_entropy(logits, smooth))
#> tensor(1.0606)
