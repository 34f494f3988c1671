# Device: cpu
import torch

torch.manual_seed(0)
torch.rand(3)
state = torch.get_rng_state()
print(torch.rand(2))
#> tensor([0.1320, 0.3074])

torch.rand(1000)
torch.set_rng_state(state)
print(torch.rand(2))
#> tensor([0.1320, 0.3074])
print(state.dtype, state.device)
#> torch.uint8 cpu
