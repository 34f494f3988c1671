# Needs: snippets
import torch
from snippets.seeding import isolate_rng

drawn = []
for evaluate in [False, True]:
    torch.manual_seed(0)
    torch.rand(5)
    if evaluate:
        with isolate_rng(seed=1):
            samples = torch.rand(100)
    drawn.append(torch.rand(3))
print(torch.equal(*drawn))
#> True
