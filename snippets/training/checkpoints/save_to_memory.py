import io

import torch

buffer = io.BytesIO()
torch.save({"weight": torch.arange(3)}, buffer)
buffer.seek(0)
print(torch.load(buffer)["weight"].tolist())
#> [0, 1, 2]
