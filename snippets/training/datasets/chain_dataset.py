from torch.utils.data import ChainDataset, ConcatDataset, IterableDataset


class Count(IterableDataset):
    def __init__(self, start, end):
        self.start, self.end = start, end

    def __iter__(self):
        return iter(range(self.start, self.end))


print(list(ChainDataset([Count(0, 3), Count(7, 9)])))
#> [0, 1, 2, 7, 8]
print(list(Count(0, 3) + Count(7, 9)))
#> [0, 1, 2, 7, 8]
try:
    ConcatDataset([Count(0, 3), Count(7, 9)])
except AssertionError as error:
    print(error)
    #> ConcatDataset does not support IterableDataset
