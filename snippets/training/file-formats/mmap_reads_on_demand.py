# Needs: linux
# Device: cpu
from pathlib import Path

import torch

MEGABYTE = 2**18  # float32 numbers


def megabytes_read():
    *_, of_the_file = Path("/proc/self/smaps").read_text().partition("/model.pt\n")
    return round(int(of_the_file.split("Rss:")[1].split()[0]) / 1024)


a, b = torch.ones(10 * MEGABYTE), torch.ones(50 * MEGABYTE)
torch.save({"a": a, "b": b}, "model.pt")
state = torch.load("model.pt", mmap=True)
print(megabytes_read(), "of 60 MB")
#> 0 of 60 MB
print(state["a"].mean())
#> tensor(1.)
print(megabytes_read(), "of 60 MB")
#> 10 of 60 MB
