# Device: cpu
import time

from torch.utils.data import DataLoader, Dataset


class Stuck(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        time.sleep(0.6)
        return index


if __name__ == "__main__":
    try:
        list(DataLoader(Stuck(), num_workers=1, timeout=0.2))
    except RuntimeError as error:
        print(error)
        #> DataLoader timed out after 0.2 seconds
