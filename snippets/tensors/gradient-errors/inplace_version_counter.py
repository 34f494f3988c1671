import torch

x = torch.tensor([0.0, 1.0], requires_grad=True)
y = x.exp()
print(y._version)
#> 0
y += 1
print(y._version)
#> 1
try:
    y.sum().backward()
except RuntimeError as error:
    print(error)
    #> one of the variables ... modified by an inplace operation: ... at version 1; ...

z = x.exp() + 1
z.sum().backward()
print(x.grad)
#> tensor([1.0000, 2.7183])
