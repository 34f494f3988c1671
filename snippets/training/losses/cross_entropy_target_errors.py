# Device: cpu
import torch
from torch.nn import functional as F

logits = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
for target in (
    torch.tensor([0.0, 2.0]),
    torch.tensor([0, 2], dtype=torch.int32),
    torch.tensor([0, 3]),
    torch.tensor([0, 1, 2]),
):
    try:
        F.cross_entropy(logits, target)
    except (IndexError, RuntimeError, ValueError) as error:
        print(type(error).__name__, error)
#> RuntimeError expected ... Long ... Float
#> RuntimeError expected ... Long ... Int
#> IndexError Target 3 is out of bounds.
#> ValueError Expected input batch_size (2) to match target batch_size (3).
print(F.cross_entropy(logits, torch.tensor([0, 2], dtype=torch.uint8)))
#> tensor(0.8606)
