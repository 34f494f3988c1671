# Needs: snippets, numpy
# Device: cpu
import numpy as np
from torch.utils.data import DataLoader, Dataset

from snippets.seeding import seed_worker


class Noisy(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.rng.integers(1000)


if __name__ == "__main__":
    for init in (None, seed_worker):
        loader = DataLoader(Noisy(), batch_size=2, num_workers=2, worker_init_fn=init)
        first, second = (batch.tolist() for batch in loader)
        print("the workers draw the same:", first == second)
    #> the workers draw the same: True
    #> the workers draw the same: False
