# Needs: snippets
import random

import torch

from snippets.seeding import RNGState, seed_everything

seed_everything(0)
rng = RNGState()
torch.save({"rng": rng.state_dict()}, "last.pt")
drawn = torch.rand(3).tolist(), random.random()
print(*drawn)
#> [0.49625658988952637, 0.7682217955589294, 0.08847743272781372] 0.8444218515250481

checkpoint = torch.load("last.pt", weights_only=True)
rng.load_state_dict(checkpoint["rng"])
again = torch.rand(3).tolist(), random.random()
print(*again)
#> [0.49625658988952637, 0.7682217955589294, 0.08847743272781372] 0.8444218515250481
assert again == drawn
