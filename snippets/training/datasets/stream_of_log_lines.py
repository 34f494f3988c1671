from pathlib import Path

from torch.utils.data import DataLoader, IterableDataset

Path("load.log").write_text("09:00 0.25\n09:01 0.5\n# restart\n09:02 0.75\n")


class LogLines(IterableDataset):
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with open(self.path) as file:
            for line in file:
                if not line.startswith("#"):
                    yield float(line.split()[1])


for load in DataLoader(LogLines("load.log"), batch_size=2):
    print(load)
#> tensor([0.2500, 0.5000], dtype=torch.float64)
#> tensor([0.7500], dtype=torch.float64)
