import torch
from torch import nn
from torch.nn import functional as F

teacher = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
logits = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
log_student = logits.log_softmax(dim=1)
print(nn.KLDivLoss(reduction="batchmean")(log_student, teacher))
#> tensor(0.0810)
print(F.kl_div(log_student, teacher, reduction="batchmean"))
#> tensor(0.0810)
print((teacher * (teacher.log() - log_student)).sum(dim=1).mean())
#> tensor(0.0810)
