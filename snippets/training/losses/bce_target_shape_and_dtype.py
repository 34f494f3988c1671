# Device: cpu
import torch
from torch.nn import functional as F

probability = torch.tensor([[0.9, 0.2], [0.4, 0.7]])
classes = torch.tensor([0, 1])
try:
    F.binary_cross_entropy(probability, classes)
except ValueError as error:
    print(error)
    #> Using a target size (torch.Size([2])) that is different to the input ...
try:
    F.binary_cross_entropy_with_logits(probability.logit(), classes)
except ValueError as error:
    print(error)
    #> Target size (torch.Size([2])) must be the same as input size (torch.Size([2, 2]))

one_hot = F.one_hot(classes, num_classes=2)
try:
    F.binary_cross_entropy(probability, one_hot)
except RuntimeError as error:
    print(error)
    #> Found dtype Long but expected Float
print(F.binary_cross_entropy(probability, one_hot.float()))
#> tensor(0.2990)
