import torch
from torch import nn

w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=1.0, momentum=0.9)
norm = nn.BatchNorm1d(1, momentum=0.9)
for value in 1.0, 3.0:
    w.grad = torch.tensor([value])
    optimizer.step()
    norm(torch.tensor([[value - 1], [value + 1]]))
    print(optimizer.state[w]["momentum_buffer"], norm.running_mean)
#> tensor([1.]) tensor([0.9000])
#> tensor([3.9000]) tensor([2.7900])
