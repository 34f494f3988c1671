# Device: cpu
import torch
from torch.utils.data import Subset, TensorDataset

labels = torch.tensor([0] * 8 + [1] * 4)
dataset = TensorDataset(torch.arange(12), labels)
generator = torch.Generator().manual_seed(0)
train, valid = [], []
for label in labels.unique():
    indices = (labels == label).nonzero().flatten()
    indices = indices[torch.randperm(len(indices), generator=generator)].tolist()
    cut = len(indices) // 4
    valid += indices[:cut]
    train += indices[cut:]

for part in Subset(dataset, train), Subset(dataset, valid):
    print(len(part), "samples, of each class", labels[part.indices].bincount().tolist())
#> 9 samples, of each class [6, 3]
#> 3 samples, of each class [2, 1]
assert not set(train) & set(valid)
