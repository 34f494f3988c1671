import torch

x = torch.arange(6).view(2, 3)
y = x.t()
print(y.stride(), y.is_contiguous())
#> (1, 3) False

try:
    y.view(6)
except RuntimeError as error:
    print(error)
    #> view size is not compatible with input tensor's size and stride ...

print(y.contiguous().view(6))
#> tensor([0, 3, 1, 4, 2, 5])
print(y.reshape(6))
#> tensor([0, 3, 1, 4, 2, 5])
