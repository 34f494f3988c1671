import torch
from torch.utils.data import DataLoader, IterableDataset


class Sentences(IterableDataset):
    def __init__(self, lengths, budget):
        self.lengths, self.budget = lengths, budget

    def __iter__(self):
        batch = []
        for n in self.lengths:
            if sum(batch) + n > self.budget:
                yield torch.tensor(batch)
                batch = []
            batch.append(n)
        yield torch.tensor(batch)


dataset = Sentences([3, 5, 2, 9, 1, 4, 4], budget=10)
for batch in DataLoader(dataset, batch_size=None):
    print(batch.tolist(), batch.sum().item())
#> [3, 5, 2] 10
#> [9, 1] 10
#> [4, 4] 8
