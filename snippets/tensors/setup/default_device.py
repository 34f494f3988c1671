# Device: cpu
import torch

print(torch.get_default_device())
#> cpu

torch.set_default_device("meta")
print(torch.ones(2).device)
#> meta
print(torch.ones(2, device="cpu").device)
#> cpu

torch.set_default_device("cpu")
print(torch.ones(2).device)
#> cpu
