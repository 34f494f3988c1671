# Warns: UserWarning
import torch

z = torch.tensor([3 + 4j])
print(z.float())
#> tensor([3.])
print(z.real, z.abs())
#> tensor([3.]) tensor([5.])
