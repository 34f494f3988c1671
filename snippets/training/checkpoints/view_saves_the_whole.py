import os

import torch

rows = torch.zeros(1000, 1000)
torch.save(rows[0], "row.pt")
print(os.path.getsize("row.pt") > 4_000_000)
#> True
torch.save(rows[0].clone(), "row.pt")
print(os.path.getsize("row.pt") < 10_000)
#> True
