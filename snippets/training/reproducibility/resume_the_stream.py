# Needs: snippets
import torch
from snippets.seeding import RNGState, seed_everything

seed_everything(0)
torch.rand(10)
torch.save({"step": 10, "rng": RNGState().state_dict()}, "last.pt")
print(torch.rand(3))
#> tensor([0.3489, 0.4017, 0.0223])

saved = torch.load("last.pt", weights_only=True)
RNGState().load_state_dict(saved["rng"])
print(torch.rand(3))
#> tensor([0.3489, 0.4017, 0.0223])

seed_everything(0)
print(torch.rand(3))
#> tensor([0.4963, 0.7682, 0.0885])
