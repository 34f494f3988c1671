# Device: cpu
import torch
from torch.utils.data import DataLoader


class Noise:
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return round(torch.rand(()).item(), 3)


def two_epochs(num_workers):
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(Noise(), None, num_workers=num_workers, generator=generator)
    return [list(loader) for epoch in range(2)]


if __name__ == "__main__":
    runs = [two_epochs(num_workers) for num_workers in [2, 2, 1]]
    for epochs in runs:
        print(*epochs)
    #> [0.782, 0.694, 0.054, 0.298] [0.643, 0.063, 0.877, 0.148]
    #> [0.782, 0.694, 0.054, 0.298] [0.643, 0.063, 0.877, 0.148]
    #> [0.782, 0.054, 0.989, 0.195] [0.643, 0.877, 0.287, 0.822]
    assert runs[0] == runs[1] != runs[2]
