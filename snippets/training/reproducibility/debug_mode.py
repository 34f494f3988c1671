import torch

for mode in ("warn", "error", "default"):
    torch.set_deterministic_debug_mode(mode)
    is_on = torch.are_deterministic_algorithms_enabled()
    print(mode, torch.get_deterministic_debug_mode(), is_on)
#> warn 1 True
#> error 2 True
#> default 0 False
