from itertools import islice

from torch.utils.data import DataLoader, Dataset


class Squares(Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return index**2


class Bounded(Squares):
    def __getitem__(self, index):
        if index >= len(self):
            raise IndexError(index)
        return super().__getitem__(index)


print(list(islice(Squares(), 6)))
#> [0, 1, 4, 9, 16, 25]
print(list(Bounded()))
#> [0, 1, 4]
print([batch.item() for batch in DataLoader(Squares())])
#> [0, 1, 4]
