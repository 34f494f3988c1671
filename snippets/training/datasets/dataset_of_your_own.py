import torch
from torch.utils.data import DataLoader, Dataset


class Temperatures(Dataset):
    def __init__(self, celsius):
        self.celsius = torch.tensor(celsius)

    def __len__(self):
        return len(self.celsius)

    def __getitem__(self, index):
        x = self.celsius[index]
        return x, x * 1.8 + 32


dataset = Temperatures([-40.0, 0.0, 37.0, 100.0])
print(len(dataset), dataset[1])
#> 4 (tensor(0.), tensor(32.))
for x, y in DataLoader(dataset, batch_size=2):
    print(x, y)
#> tensor([-40.,   0.]) tensor([-40.,  32.])
#> tensor([ 37., 100.]) tensor([ 98.6000, 212.0000])
