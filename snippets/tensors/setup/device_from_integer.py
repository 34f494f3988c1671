import torch

try:
    device = torch.device(0)
    assert device.index == 0
except RuntimeError as error:
    assert "accelerator" in str(error)

print(torch.device("cuda", 0))
#> cuda:0
