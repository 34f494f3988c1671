# Device: cpu
from torch.utils.data import DataLoader, IterableDataset


class Numbers(IterableDataset):
    def __iter__(self):
        return iter(range(4))


if __name__ == "__main__":
    loader = DataLoader(Numbers(), batch_size=2, num_workers=2)
    print([batch.tolist() for batch in loader])
    #> [[0, 1], [0, 1], [2, 3], [2, 3]]
