# Needs: snippets, numpy
# Device: cpu
import functools
import numpy as np
from torch.utils.data import DataLoader, Dataset

from snippets.seeding import seed_worker


class Noisy(Dataset):
    def __init__(self):
        self.files = [None] * 1000
        self.files[500] = np.random.default_rng(0)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.files[500].random()


if __name__ == "__main__":
    dataset = Noisy()
    named = functools.partial(seed_worker, generators=[dataset.files[500]])
    for init in (seed_worker, named):
        loader = DataLoader(dataset, None, num_workers=2, worker_init_fn=init)
        print("different numbers:", len(set(loader)))
    #> different numbers: 2
    #> different numbers: 4
