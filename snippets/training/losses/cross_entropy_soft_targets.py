import torch
from torch import nn
from torch.nn import functional as F

logits = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
classes = torch.tensor([0, 2])
criterion = nn.CrossEntropyLoss()
print(criterion(logits, classes))
#> tensor(0.8606)
one_hot = F.one_hot(classes, num_classes=3)
print(criterion(logits, one_hot.float()))
#> tensor(0.8606)

soft = torch.tensor([[0.8, 0.2, 0.0], [0.0, 0.5, 0.5]])
print(criterion(logits, soft))
#> tensor(0.8106)
print(-(soft * logits.log_softmax(dim=1)).sum(dim=1).mean())
#> tensor(0.8106)
try:
    criterion(logits, one_hot)
except RuntimeError as error:
    print(error)
    #> Expected floating point type for target with class probabilities, got Long
