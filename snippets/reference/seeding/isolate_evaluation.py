# Needs: snippets
# Device: cpu
import torch

from snippets.seeding import isolate_rng, seed_everything


def evaluate():
    return torch.rand(1000).mean()


seed_everything(0)
print(torch.rand(2))
#> tensor([0.4963, 0.7682])

seed_everything(0)
with isolate_rng(1):
    evaluate()
print(torch.rand(2))
#> tensor([0.4963, 0.7682])
