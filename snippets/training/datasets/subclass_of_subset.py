from torch.utils.data import DataLoader, Subset


class Negated(Subset):
    def __getitem__(self, index):
        return -super().__getitem__(index)

    def __getitems__(self, indices):
        return [self[index] for index in indices]


dataset = Negated(range(100), [7, 8, 9])
print(dataset[0])
#> -7
print(next(iter(DataLoader(dataset, batch_size=3))))
#> tensor([-7, -8, -9])
