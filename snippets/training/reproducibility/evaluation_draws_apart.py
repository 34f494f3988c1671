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
    print(evaluate, drawn[-1])
#> False tensor([0.6341, 0.4901, 0.8964])
#> True tensor([0.6341, 0.4901, 0.8964])
assert torch.equal(*drawn)
