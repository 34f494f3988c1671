import torch
from torch import nn
from torch.nn import functional as F

classes = 2
background = classes
labels = torch.tensor([1, background, 0])
target = F.one_hot(labels, num_classes=classes + 1)[:, :classes].float()
print(target)
#> tensor([[0., 1.],
#>         [0., 0.],
#>         [1., 0.]])

logits = torch.tensor([[-2.0, 3.0], [-1.0, -2.0], [2.0, -1.0]])
print(nn.BCEWithLogitsLoss()(logits, target))
#> tensor(0.1760)
