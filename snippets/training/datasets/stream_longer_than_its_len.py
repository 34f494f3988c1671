import warnings

from torch.utils.data import DataLoader, IterableDataset


class Numbers(IterableDataset):
    def __len__(self):
        return 3

    def __iter__(self):
        return iter(range(5))


loader = DataLoader(Numbers(), batch_size=None)
print(len(loader))
#> 3
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(list(loader))
    #> [0, 1, 2, 3, 4]
print(len(caught))
#> 2
print(str(caught[0].message).split("> ")[1].strip())
#> was reported to be 3(when accessing len(dataloader)), but 4 samples have been ...
