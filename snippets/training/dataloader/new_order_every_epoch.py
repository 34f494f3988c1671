# Device: cpu
import torch
from torch.utils.data import DataLoader

petals = torch.tensor([14, 13, 15, 47, 45, 49, 60, 51, 59])
torch.manual_seed(0)
loader = DataLoader(petals, batch_size=4, shuffle=True)
for epoch in range(2):
    batches = [batch.tolist() for batch in loader]
    print(batches)
    assert sorted(sum(batches, [])) == sorted(petals.tolist())
#> [[47, 45, 14, 49], [60, 13, 15, 59], [51]]
#> [[49, 51, 15, 59], [47, 13, 60, 45], [14]]
