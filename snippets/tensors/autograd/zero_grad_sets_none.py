import torch

w = torch.tensor(1.0, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
(w * 3).backward()
print(w.grad)
#> tensor(3.)
optimizer.zero_grad(set_to_none=False)
print(w.grad)
#> tensor(0.)

optimizer.zero_grad()
print(w.grad)
#> None
