import torch

x = torch.arange(24).view(2, 3, 4)
print(x.amax(dim=(1, 2)))
#> tensor([11, 23])
print(x.amin(dim=(1, 2)))
#> tensor([ 0, 12])
print(torch.aminmax(x, dim=0).max.shape)
#> torch.Size([3, 4])

try:
    x.max(dim=(1, 2))
except TypeError as error:
    print(str(error).splitlines()[0])
    #> max() received an invalid combination of arguments - got (dim=tuple, ), ...
