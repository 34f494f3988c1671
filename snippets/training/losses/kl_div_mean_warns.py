# Warns: UserWarning
import torch
from torch.nn import functional as F

teacher = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
log_student = torch.zeros(2, 3).log_softmax(dim=1)
mean = F.kl_div(log_student, teacher)
print(mean)
#> tensor(0.1261)
print(F.kl_div(log_student, teacher, reduction="batchmean") / mean)
#> tensor(3.)
