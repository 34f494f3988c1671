# Device: cpu
import os

from torch.utils.data import DataLoader, Dataset


class Crashing(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        os._exit(1)


if __name__ == "__main__":
    try:
        list(DataLoader(Crashing(), num_workers=1))
    except RuntimeError as error:
        print(error)
        #> DataLoader worker (pid(s) ... exited unexpectedly
