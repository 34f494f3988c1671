from torch.utils.data import DataLoader, IterableDataset


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(5))


for shuffle in (None, False, True):
    print(shuffle, type(DataLoader(range(5), shuffle=shuffle).sampler).__name__)
#> None SequentialSampler
#> False SequentialSampler
#> True RandomSampler
print(type(DataLoader(Stream()).sampler).__name__)
#> _InfiniteConstantSampler
