import torch
from torch import nn

w = torch.tensor([30.0], requires_grad=True)
loss = (w**2).sum()
nn.utils.clip_grad_norm_([w], max_norm=1.0)
loss.backward()
print(w.grad)
#> tensor([60.])

nn.utils.clip_grad_norm_([w], max_norm=1.0)
print(w.grad)
#> tensor([1.])
