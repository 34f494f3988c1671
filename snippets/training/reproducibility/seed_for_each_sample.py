# Needs: snippets
# Device: cpu
import torch
from snippets.seeding import derive_seed
from torch.utils.data import DataLoader


class Noise:
    epoch = 0

    def __len__(self):
        return 6

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(derive_seed(0, self.epoch, index))
        return torch.rand((), generator=generator).item()


if __name__ == "__main__":
    data, drawn = Noise(), []
    for workers in [0, 1, 2]:
        drawn.append(list(DataLoader(data, None, num_workers=workers)))
    print(drawn[0] == drawn[1] == drawn[2], len(set(drawn[0])))
    #> True 6
    rest = list(DataLoader(data, None, sampler=range(4, 6), num_workers=2))
    print(rest == drawn[0][4:])
    #> True
    data.epoch = 1
    print(drawn[0] == list(DataLoader(data, None, num_workers=2)))
    #> False
