# Device: cpu
import torch
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

labels = torch.tensor([0] * 90 + [1] * 10)
weights = 1 / torch.bincount(labels)[labels]
torch.manual_seed(0)
sampler = WeightedRandomSampler(weights, num_samples=2000)
loader = DataLoader(TensorDataset(labels), batch_size=100, sampler=sampler)

drawn = torch.cat([batch for (batch,) in loader])
print(len(drawn), 900 < drawn.sum().item() < 1100)
#> 2000 True
