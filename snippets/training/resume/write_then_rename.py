import os

import torch


def save(state, path):
    with open(path + ".tmp", "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)


save({"epoch": 1}, "last.pt")
save({"epoch": 2}, "last.pt")
print(torch.load("last.pt"), os.listdir())
#> {'epoch': 2} ['last.pt']
