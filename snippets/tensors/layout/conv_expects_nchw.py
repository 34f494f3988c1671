import torch
from torch import nn

conv = nn.Conv2d(3, 8, kernel_size=3, padding=1)
nchw = torch.zeros(2, 3, 32, 32)
print(conv(nchw).shape)
#> torch.Size([2, 8, 32, 32])

nhwc = torch.zeros(2, 32, 32, 3)
try:
    conv(nhwc)
except RuntimeError as error:
    print(error)
    #> Given groups=1, ... to have 3 channels, but got 32 channels instead

print(conv(nhwc.permute(0, 3, 1, 2)).shape)
#> torch.Size([2, 8, 32, 32])
