import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
try:
    w -= 0.1
except RuntimeError as error:
    print(error)
    #> a leaf Variable that requires grad is being used in an in-place operation.

with torch.no_grad():
    w -= 0.5
print(w)
#> tensor([0.5000, 1.5000], requires_grad=True)
