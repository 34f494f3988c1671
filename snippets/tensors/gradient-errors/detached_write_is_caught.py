import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.sigmoid()
y.detach().zero_()
try:
    y.sum().backward()
except RuntimeError as error:
    print(error)
    #> one of the variables ... modified by an inplace operation: ... at version 1; ...
