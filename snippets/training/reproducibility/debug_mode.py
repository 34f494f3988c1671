import torch

torch.set_deterministic_debug_mode("error")
print(torch.are_deterministic_algorithms_enabled())
#> True
print(torch.get_deterministic_debug_mode())
#> 2

torch.set_deterministic_debug_mode("default")
print(torch.are_deterministic_algorithms_enabled())
#> False
