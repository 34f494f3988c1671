import torch

x = torch.tensor(3.0, requires_grad=True)
hidden = x * x
first, second = hidden * 10, hidden + 1
first.backward(retain_graph=True)
print(x.grad)
#> tensor(60.)
second.backward()
print(x.grad)
#> tensor(66.)

x.grad = None
hidden = x * x
first, second = hidden * 10, hidden + 1
(first + second).backward()
print(x.grad)
#> tensor(66.)
