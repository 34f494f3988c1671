import os

import torch

rows = torch.zeros(1000, 1000)
torch.save(rows[0], "row.pt")
print(f"{os.path.getsize('row.pt') / 1e6:.1f} MB")
#> 4.0 MB
torch.save(rows[0].clone(), "row.pt")
print(f"{os.path.getsize('row.pt') / 1e6:.1f} MB")
#> 0.0 MB
