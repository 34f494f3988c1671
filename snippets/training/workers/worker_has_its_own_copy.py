# Device: cpu
from torch.utils.data import DataLoader, Dataset


class Counting(Dataset):
    def __init__(self):
        self.read = 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.read += 1
        return self.read


if __name__ == "__main__":
    for persistent in (False, True):
        dataset = Counting()
        loader = DataLoader(
            dataset, None, num_workers=1, persistent_workers=persistent
        )
        print([list(loader) for epoch in range(2)], dataset.read)
    #> [[1, 2, 3], [1, 2, 3]] 0
    #> [[1, 2, 3], [4, 5, 6]] 0
