# Needs: torch>=2.6
from dataclasses import dataclass

import torch
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals


@dataclass
class Config:
    layers: int
    lr: float


torch.save({"config": Config(2, 0.1), "weight": torch.ones(2)}, "last.pt")
print(get_unsafe_globals_in_checkpoint("last.pt"))
#> ['__main__.Config']
with safe_globals([Config]):
    print(torch.load("last.pt")["config"])
    #> Config(layers=2, lr=0.1)
