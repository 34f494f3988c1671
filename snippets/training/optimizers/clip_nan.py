import torch
from torch import nn

w = torch.zeros(2, requires_grad=True)
w.grad = torch.tensor([1.0, float("nan")])
try:
    nn.utils.clip_grad_norm_([w], max_norm=1.0, error_if_nonfinite=True)
except RuntimeError as error:
    print(error)
    #> The total norm of order 2.0 for gradients from `parameters` is non-finite, ...
nn.utils.clip_grad_norm_([w], max_norm=1.0)
print(w.grad)
#> tensor([nan, nan])
