# Device: cpu
import torch
from torch.utils.data import DataLoader


class Noise:
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.rand(()).item()


def two_epochs(num_workers):
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(Noise(), None, num_workers=num_workers, generator=generator)
    return [list(loader) for epoch in range(2)]


if __name__ == "__main__":
    epochs = two_epochs(num_workers=2)
    print(two_epochs(num_workers=2) == epochs)
    #> True
    print(epochs[0] == epochs[1])
    #> False
    print(two_epochs(num_workers=1) == epochs)
    #> False
