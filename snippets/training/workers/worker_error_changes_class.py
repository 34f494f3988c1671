# Device: cpu
from torch.utils.data import DataLoader, Dataset


class Latin1Texts(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return b"\xff".decode()


if __name__ == "__main__":
    try:
        list(DataLoader(Latin1Texts(), num_workers=1))
    except RuntimeError as error:
        print(type(error).__name__)
        #> RuntimeError
        print(str(error).splitlines()[0])
        #> Caught UnicodeDecodeError in DataLoader worker process 0.
