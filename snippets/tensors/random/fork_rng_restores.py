# Device: cpu
import torch

torch.manual_seed(0)
with torch.random.fork_rng(devices=[]):
    torch.manual_seed(123)
    torch.rand(1000)
after_fork = torch.rand(2)

torch.manual_seed(0)
print(torch.equal(torch.rand(2), after_fork))
#> True
