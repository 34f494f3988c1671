# Needs: snippets
import random

import torch

from snippets.seeding import RNGState

rng = RNGState()
torch.save({"rng": rng.state_dict()}, "last.pt")
drawn = torch.rand(3), random.random()

checkpoint = torch.load("last.pt", weights_only=True)
rng.load_state_dict(checkpoint["rng"])
print(torch.equal(torch.rand(3), drawn[0]), random.random() == drawn[1])
#> True True
