import torch

x = torch.arange(12.0).view(1, 3, 2, 2).to(memory_format=torch.channels_last)
try:
    x.view(1, 12)
except RuntimeError as error:
    print(error)
    #> view size is not compatible ... Use .reshape(...) instead.

print(x.reshape(1, 12))
#> tensor([[ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11.]])
print(x.contiguous().stride())
#> (12, 4, 2, 1)
print(x.clone().stride())
#> (12, 1, 6, 3)
print(x.clone(memory_format=torch.contiguous_format).stride())
#> (12, 4, 2, 1)
