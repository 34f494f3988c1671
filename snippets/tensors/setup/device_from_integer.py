import torch

try:
    device = torch.device(0)
except RuntimeError:
    device = None

print(device is None or device.index == 0)
#> True
print(torch.device("cuda", 0))
#> cuda:0
