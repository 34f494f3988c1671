from torch.utils.data import DataLoader, IterableDataset


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(7))

    def __len__(self):
        return 7


print(len(DataLoader(range(10), batch_size=4)))
#> 3
print(len(DataLoader(range(10), batch_size=None)))
#> 10
print(len(DataLoader(range(10), batch_size=2, sampler=[0, 1, 2])))
#> 2
print(len(DataLoader(Stream(), batch_size=2)))
#> 4

loader = DataLoader(range(10), sampler=(n for n in [0, 1]))
try:
    len(loader)
except TypeError as error:
    print(error)
    #> object of type 'generator' has no len()
print(len(list(loader)), len(list(loader)))
#> 2 0
