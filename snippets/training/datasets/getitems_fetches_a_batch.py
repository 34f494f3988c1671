from torch.utils.data import DataLoader, Dataset


class Squares(Dataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        print("one:", index)
        return index**2

    def __getitems__(self, indices):
        print("many:", indices)
        return [index**2 for index in indices]


for batch in DataLoader(Squares(), batch_size=3):
    print(batch.tolist())
#> many: [0, 1, 2]
#> [0, 1, 4]
#> many: [3, 4]
#> [9, 16]
for sample in DataLoader(Squares(), batch_size=None, sampler=[4]):
    print(sample)
#> one: 4
#> 16
