# Needs: torch>=2.6
import torch

if torch.accelerator.is_available():
    device = torch.accelerator.current_accelerator()
else:
    device = torch.device("cpu")

x = torch.ones(2, 3, device=device)
print(x.device, torch.accelerator.device_count())
#> ... ...
assert x.device.type == device.type
assert torch.accelerator.is_available() == (torch.accelerator.device_count() > 0)
