# Device: cpu
import torch

x = torch.zeros(3)
index, source = torch.tensor([0, 0]), torch.tensor([1.0, 2.0])
torch.use_deterministic_algorithms(True)
try:
    x.put_(index, source)
except RuntimeError as error:
    print(error)
    #> put_ does not have a deterministic implementation, but you set ...

x.put_(index, source, accumulate=True)
print(x)
#> tensor([3., 0., 0.])
