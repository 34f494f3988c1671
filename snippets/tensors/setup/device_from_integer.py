# Needs: torch>=2.6
import torch

try:
    device = torch.device(0)
    assert device == torch.device(torch.accelerator.current_accelerator().type, 0)
    print(device)
except RuntimeError as error:
    assert not torch.accelerator.is_available()
    print(error)
#> ...
