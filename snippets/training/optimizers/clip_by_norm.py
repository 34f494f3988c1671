import torch
from torch import nn

w = torch.tensor([3.0, 4.0], requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
optimizer.zero_grad()
(w**2).sum().backward()
print(w.grad)
#> tensor([6., 8.])
norm = nn.utils.clip_grad_norm_([w], max_norm=1.0)
print(norm, w.grad)
#> tensor(10.) tensor([0.6000, 0.8000])
optimizer.step()

w.grad = torch.tensor([0.3, 0.4])
nn.utils.clip_grad_norm_([w], max_norm=1.0)
print(w.grad)
#> tensor([0.3000, 0.4000])
