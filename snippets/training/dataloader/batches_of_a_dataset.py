import torch
from torch.utils.data import DataLoader, TensorDataset

petals = torch.tensor([14, 13, 15, 47, 45, 49, 60, 51, 59])
species = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2])
flowers = TensorDataset(petals, species)
print(len(flowers), flowers[3])
#> 9 (tensor(47), tensor(1))

loader = DataLoader(flowers, batch_size=4)
print(len(loader))
#> 3
for x, y in loader:
    print(x, y)
#> tensor([14, 13, 15, 47]) tensor([0, 0, 0, 1])
#> tensor([45, 49, 60, 51]) tensor([1, 1, 2, 2])
#> tensor([59]) tensor([2])
