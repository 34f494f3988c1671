# Device: cpu
import torch
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

labels = torch.tensor([0] * 90 + [1] * 10)
weights = 1 / torch.bincount(labels)[labels]
torch.manual_seed(0)
sampler = WeightedRandomSampler(weights, num_samples=2000)
loader = DataLoader(TensorDataset(labels), batch_size=100, sampler=sampler)

drawn = torch.cat([batch for (batch,) in loader])
share = drawn.float().mean().item()
print(len(drawn), f"draws, class 1: {share:.2f}")
#> 2000 draws, class 1: 0.50
assert 0.45 < share < 0.55
