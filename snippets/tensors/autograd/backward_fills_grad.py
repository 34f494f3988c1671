import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = (x**2).sum()
print(y)
#> tensor(14., grad_fn=<SumBackward0>)
print(x.grad)
#> None

y.backward()
print(x.grad)
#> tensor([2., 4., 6.])
