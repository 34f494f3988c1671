# Device: cpu
import torch

hidden = torch.zeros(2, 3)
print(torch.rand_like(hidden).shape, torch.randn_like(hidden).dtype)
#> torch.Size([2, 3]) torch.float32
print(torch.randint_like(hidden, 5).dtype)
#> torch.float32

labels = torch.tensor([0, 1])
try:
    torch.rand_like(labels)
except RuntimeError as error:
    print(error)
    #> "check_uniform_bounds" not implemented for 'Long'
print(torch.rand_like(labels, dtype=torch.float32).dtype)
#> torch.float32
