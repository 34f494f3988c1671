import torch

x = torch.tensor([3.0, 4.0])
weight = torch.ones(2, requires_grad=True)
bias = torch.zeros(2).requires_grad_()
scale = torch.nn.Parameter(torch.ones(2))
print(x.requires_grad, weight.requires_grad, bias.requires_grad, scale.requires_grad)
#> False True True True

print((x * 2).requires_grad)
#> False
print((x * weight + bias).requires_grad)
#> True
print((x * weight > 3).requires_grad)
#> False
