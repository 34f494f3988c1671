from textwrap import fill

from torch.utils.data import DataLoader, IterableDataset


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(5))


for name, value in [
    ("shuffle", True),
    ("sampler", [0, 1]),
    ("batch_sampler", [[0, 1]]),
]:
    try:
        DataLoader(Stream(), **{name: value})
    except ValueError as error:
        print(fill(str(error), 80))
#> DataLoader with IterableDataset: expected unspecified shuffle option, but got
#> shuffle=True
#> DataLoader with IterableDataset: expected unspecified sampler option, but got
#> sampler=[0, 1]
#> DataLoader with IterableDataset: expected unspecified batch_sampler option, but
#> got batch_sampler=[[0, 1]]

loader = DataLoader(Stream(), batch_size=2, shuffle=False, drop_last=True)
print([batch.tolist() for batch in loader])
#> [[0, 1], [2, 3]]
