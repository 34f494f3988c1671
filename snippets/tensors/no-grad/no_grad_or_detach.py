import torch

x = torch.tensor(2.0, requires_grad=True)
y = x**2
cut = y.detach()
print(y.requires_grad, cut.requires_grad)
#> True False
y.backward()
print(x.grad)
#> tensor(4.)

with torch.no_grad():
    y = x**2
try:
    y.backward()
except RuntimeError as error:
    print(error)
    #> element 0 of tensors does not require grad and does not have a grad_fn
