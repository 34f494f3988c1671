from torch.utils.data import DataLoader, Dataset


class Squares(Dataset):
    def __getitem__(self, index):
        return index**2


try:
    next(iter(DataLoader(Squares())))
except TypeError as error:
    print(error)
    #> object of type 'Squares' has no len()

loader = DataLoader(Squares(), sampler=[3, 5, 7])
print(len(loader), [batch.item() for batch in loader])
#> 3 [9, 25, 49]
