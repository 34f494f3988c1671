import torch

w = torch.ones(2, requires_grad=True)
with torch.no_grad():
    new = torch.zeros(2, requires_grad=True)
    bias = torch.nn.Parameter(torch.zeros(2))
    result = w * 2

print(w)
#> tensor([1., 1.], requires_grad=True)
print(new)
#> tensor([0., 0.], requires_grad=True)
print(bias.requires_grad)
#> True
print(result, result.requires_grad)
#> tensor([2., 2.]) False
