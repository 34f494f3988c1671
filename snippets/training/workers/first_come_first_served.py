# Needs: torch>=2.6
# Device: cpu
import time
from multiprocessing import Event

from torch.utils.data import DataLoader, Dataset


class FirstIsSlow(Dataset):
    def __init__(self):
        self.others_done = Event()

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if index == 0:
            self.others_done.wait()
            time.sleep(0.1)
        if index == 3:
            self.others_done.set()
        return index


if __name__ == "__main__":
    for in_order in (True, False):
        loader = DataLoader(FirstIsSlow(), None, num_workers=2, in_order=in_order)
        print(list(loader))
    #> [0, 1, 2, 3]
    #> [1, 3, 0, 2]
