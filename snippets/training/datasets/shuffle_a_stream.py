# Device: cpu
import torch
from torch.utils.data import DataLoader, IterableDataset


class Shuffled(IterableDataset):
    def __init__(self, source, size):
        self.source, self.size = source, size

    def __iter__(self):
        kept = []
        for sample in self.source:
            kept.append(sample)
            if len(kept) == self.size:
                yield kept.pop(torch.randint(self.size, ()).item())
        for k in torch.randperm(len(kept)).tolist():
            yield kept[k]


torch.manual_seed(0)
for size in (1, 4, 10):
    dataset = Shuffled(range(10), size)
    print(size, [n.item() for n in DataLoader(dataset)])
#> 1 [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
#> 4 [2, 0, 1, 3, 6, 5, 8, 9, 4, 7]
#> 10 [1, 8, 3, 4, 2, 6, 5, 9, 0, 7]
