import torch
from torch import nn

norm = nn.BatchNorm1d(1)
norm.running_mean.fill_(3.0)
norm.running_var.fill_(4.0)
norm.eval()
x = torch.tensor([[1.0], [3.0], [7.0]])
print(norm(x).detach().T)
#> tensor([[-1.0000,  0.0000,  2.0000]])
print(norm(x[2:]).detach())
#> tensor([[2.0000]])
print(norm.running_mean, norm.num_batches_tracked)
#> tensor([3.]) tensor(0)
