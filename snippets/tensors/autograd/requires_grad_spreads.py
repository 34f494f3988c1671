import torch

x = torch.tensor([3.0, 4.0])
weight = torch.ones(2, requires_grad=True)
bias = torch.zeros(2).requires_grad_()
x2 = torch.zeros(2)
x2.requires_grad = True
scale = torch.nn.Parameter(torch.ones(2))
print([t.requires_grad for t in (x, weight, bias, x2, scale)])
#> [False, True, True, True, True]

print((x * 2).requires_grad)
#> False
print((x * weight + bias).requires_grad)
#> True
print((x * weight > 3).requires_grad)
#> False
