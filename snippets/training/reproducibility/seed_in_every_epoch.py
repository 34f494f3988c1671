# Device: cpu
import torch
from torch.utils.data import DataLoader

loader = DataLoader(range(6), batch_size=6, shuffle=True)
orders = []
for epoch in range(3):
    torch.manual_seed(0)
    orders.append(next(iter(loader)).tolist())
    print(orders[-1])
#> [0, 4, 3, 5, 2, 1]
#> [0, 4, 3, 5, 2, 1]
#> [0, 4, 3, 5, 2, 1]
assert orders[0] == orders[1] == orders[2]
