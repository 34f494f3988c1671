# Device: cpu
import torch
from torch.utils.data import DataLoader

for draws in [0, 5]:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    plain = DataLoader(range(6), batch_size=6, shuffle=True)
    own = DataLoader(range(6), batch_size=6, shuffle=True, generator=generator)
    torch.rand(draws)
    orders = [next(iter(loader)).tolist() for loader in [plain, own]]
    print(orders)
#> [[0, 4, 3, 5, 2, 1], [5, 1, 0, 3, 2, 4]]
#> [[5, 3, 4, 2, 1, 0], [5, 1, 0, 3, 2, 4]]
