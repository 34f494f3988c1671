# Device: cpu
import torch

torch.manual_seed(0)
means = torch.tensor([0.0, 10.0, 100.0])
stds = torch.tensor([1.0, 0.1, 0.0])
print(torch.normal(means, stds))
#> tensor([  1.5410,   9.9707, 100.0000])
print(torch.normal(means, 1.0).shape)
#> torch.Size([3])
try:
    torch.normal(means, stds, (3,))
except TypeError as error:
    print(str(error).splitlines()[0])
    #> normal() received an invalid combination of arguments - got (Tensor, ...
