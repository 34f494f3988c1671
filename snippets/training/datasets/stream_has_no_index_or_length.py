from torch.utils.data import DataLoader, IterableDataset


class Countdown(IterableDataset):
    def __iter__(self):
        return iter([3, 2, 1])


dataset = Countdown()
try:
    dataset[0]
except NotImplementedError as error:
    print(error)
    #> Subclasses of Dataset should implement __getitem__.

loader = DataLoader(dataset, batch_size=2)
print([batch.tolist() for batch in loader])
#> [[3, 2], [1]]
try:
    len(loader)
except TypeError as error:
    print(error)
    #> object of type 'Countdown' has no len()
