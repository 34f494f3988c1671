# Needs: snippets
import torch
from snippets.seeding import RNGState, seed_everything

seed_everything(0)
torch.rand(10)
torch.save({"step": 10, "rng": RNGState().state_dict()}, "last.pt")
expected = torch.rand(3)

saved = torch.load("last.pt", weights_only=True)
RNGState().load_state_dict(saved["rng"])
print(torch.equal(torch.rand(3), expected))
#> True

seed_everything(0)
print(torch.equal(torch.rand(3), expected))
#> False
