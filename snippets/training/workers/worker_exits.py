# Device: cpu
import os
import signal

from torch.utils.data import DataLoader, Dataset


class Killed(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)  # as when memory runs out


if __name__ == "__main__":
    try:
        list(DataLoader(Killed(), num_workers=1))
    except RuntimeError as error:
        print(error)
        #> DataLoader worker (pid(s) ... exited unexpectedly
        print(str(error.__cause__).strip())
        #> DataLoader worker (pid ... is killed by signal: Killed.
