import torch

labels = torch.tensor([0, 1, 2])
print(labels.requires_grad)
#> False
try:
    labels.requires_grad_()
except RuntimeError as error:
    print(error)
    #> only Tensors of floating point dtype can require gradients

scores = labels.float().requires_grad_()
scores.sum().backward()
print(scores.grad)
#> tensor([1., 1., 1.])
