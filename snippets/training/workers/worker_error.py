# Device: cpu
from torch.utils.data import DataLoader, Dataset


class Inverses(Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return 1 / (2 - index)


if __name__ == "__main__":
    try:
        list(DataLoader(Inverses(), num_workers=2))
    except ZeroDivisionError as error:
        lines = str(error).splitlines()
        print(lines[0])
        #> Caught ZeroDivisionError in DataLoader worker process 0.
        print(lines[-1])
        #> ZeroDivisionError: division by zero
