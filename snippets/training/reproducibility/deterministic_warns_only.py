# Device: cpu
# Warns: UserWarning
import torch

torch.use_deterministic_algorithms(True, warn_only=True)
x = torch.zeros(3)
x.put_(torch.tensor([0]), torch.tensor([1.0]))
print(x)
#> tensor([1., 0., 0.])
print(torch.is_deterministic_algorithms_warn_only_enabled())
#> True
