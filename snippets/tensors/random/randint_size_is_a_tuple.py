# Device: cpu
import torch

print(torch.rand(3).shape, torch.rand((3,)).shape)
#> torch.Size([3]) torch.Size([3])
print(torch.randint(0, 10, (3,)).shape)
#> torch.Size([3])
try:
    torch.randint(0, 10, 3)
except TypeError as error:
    print(str(error).splitlines()[0])
    #> randint() received an invalid combination of arguments - got (int, int, int), ...
