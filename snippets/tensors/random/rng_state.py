# Device: cpu
import torch

torch.manual_seed(0)
torch.rand(3)
state = torch.get_rng_state()
expected = torch.rand(2)

torch.rand(1000)
torch.set_rng_state(state)
print(torch.equal(torch.rand(2), expected))
#> True
print(state.dtype, state.device)
#> torch.uint8 cpu
