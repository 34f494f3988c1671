# Device: cpu
from torch.utils.data import DataLoader, Dataset


class Names(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return __name__


if __name__ == "__main__":
    loader = DataLoader(Names(), None, num_workers=1, multiprocessing_context="spawn")
    print(__name__, list(loader))
    #> __main__ ['__mp_main__']
