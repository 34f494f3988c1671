# Needs: numpy
# Device: cpu
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Draws(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return random.random(), np.random.rand(), torch.rand(()).item()


if __name__ == "__main__":
    epochs = []
    for run in range(2):
        generator = torch.Generator().manual_seed(0)
        loader = DataLoader(Draws(), None, num_workers=2, generator=generator)
        epochs += [list(loader), list(loader)]
    print([len(set(kind)) for kind in zip(*epochs[0], *epochs[1])])
    #> [4, 4, 4]
    print(epochs[0] == epochs[1], epochs[:2] == epochs[2:])
    #> False True
