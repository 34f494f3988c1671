# Device: cpu
import torch
from torch import nn

logits = torch.tensor([1.5, -0.5])
try:
    nn.BCELoss()(logits, torch.tensor([1.0, 0.0]))
except RuntimeError as error:
    print(error)
    #> all elements of input should be between 0 and 1

try:
    nn.BCELoss()(logits.sigmoid(), torch.tensor([2.0, 0.0]))
except RuntimeError as error:
    print(error)
    #> all elements of target should be between 0 and 1
