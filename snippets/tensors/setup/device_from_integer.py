# Needs: torch>=2.6
import torch

try:
    accelerator = torch.accelerator.current_accelerator()
    device = torch.device(0)
    print(accelerator, device)
    assert device == torch.device(accelerator.type, 0)
except RuntimeError as error:
    assert not torch.accelerator.is_available()
    print(error)
#> ...
