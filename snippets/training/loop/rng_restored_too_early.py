# Needs: snippets
# Device: cpu
import torch
from torch import nn

from snippets.seeding import RNGState

rng = RNGState()
saved = rng.state_dict()
order = torch.randperm(8)

rng.load_state_dict(saved)
model = nn.Linear(4, 2)
print(torch.equal(torch.randperm(8), order))
#> False

rng.load_state_dict(saved)
print(torch.equal(torch.randperm(8), order))
#> True
