import torch

w = torch.tensor(2.0, requires_grad=True)
hidden = w * 3
loss = hidden**2
grad_w, grad_hidden = torch.autograd.grad(loss, (w, hidden))
print(grad_w, grad_hidden)
#> tensor(36.) tensor(12.)
print(w.grad)
#> None
