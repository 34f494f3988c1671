import torch
from torch.utils.data import DataLoader, Dataset


class Windows(Dataset):
    def __init__(self, series, length):
        self.series, self.length = series, length

    def __len__(self):
        return len(self.series) - self.length

    def __getitem__(self, index):
        end = index + self.length
        return self.series[index:end], self.series[end]


dataset = Windows(torch.arange(10, 18), length=3)
print(len(dataset), dataset[0], dataset[len(dataset) - 1])
#> 5 (tensor([10, 11, 12]), tensor(13)) (tensor([14, 15, 16]), tensor(17))
x, y = next(iter(DataLoader(dataset, batch_size=5)))
print(x.shape, y)
#> torch.Size([5, 3]) tensor([13, 14, 15, 16, 17])
