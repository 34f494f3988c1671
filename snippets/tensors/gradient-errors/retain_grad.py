import torch

x = torch.tensor(2.0, requires_grad=True)
y = x * 3
y.retain_grad()
z = y**2
z.backward()
print(y.grad)
#> tensor(12.)
print(x.grad)
#> tensor(36.)
