from argparse import Namespace
from datetime import date
from pathlib import Path

import torch

args = Namespace(lr=0.1, layers=[64, 64])
folder, day = Path("data"), date(2024, 5, 17)
torch.save(
    {"args": vars(args), "folder": str(folder), "day": day.isoformat()}, "last.pt"
)
loaded = torch.load("last.pt", weights_only=True)
print(Namespace(**loaded["args"]), loaded["folder"])
#> Namespace(lr=0.1, layers=[64, 64]) data
print(date.fromisoformat(loaded["day"]) == day)
#> True
