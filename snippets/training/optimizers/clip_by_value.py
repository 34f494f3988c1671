import torch
from torch import nn

w = torch.zeros(3, requires_grad=True)
w.grad = torch.tensor([0.5, -8.0, 80.0])
nn.utils.clip_grad_value_([w], clip_value=1.0)
print(w.grad)
#> tensor([ 0.5000, -1.0000,  1.0000])
