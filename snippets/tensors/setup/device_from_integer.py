# Needs: torch>=2.6
import torch

accelerator = torch.accelerator.current_accelerator()
print("accelerator:", accelerator)
#> accelerator: ...
try:
    result = str(torch.device(0))
except RuntimeError as error:
    result = str(error)
print(result)
#> ...
expected = f"{accelerator.type}:0" if accelerator else "Cannot access accelerator"
assert result.startswith(expected)
