import torch
from torch import nn

bce = nn.BCELoss()
one_label = torch.tensor([0.9, 0.2, 0.4])
print(bce(one_label, torch.tensor([1.0, 0.0, 1.0])))
#> tensor(0.4149)

labels = torch.tensor([[0.9, 0.2], [0.4, 0.7]])
print(bce(labels, torch.tensor([[1.0, 1.0], [0.0, 0.0]])))
#> tensor(0.8574)
print(bce(labels, torch.tensor([[0.8, 0.1], [0.5, 0.5]])))
#> tensor(0.6001)
