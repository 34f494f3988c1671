# Device: cpu
import time

from torch.utils.data import DataLoader

petals = [14, 13, 15, 47, 45, 49, 60, 51, 59]


def seconds(num_workers):
    start = time.perf_counter()
    list(DataLoader(petals, batch_size=4, num_workers=num_workers))
    return time.perf_counter() - start


if __name__ == "__main__":
    ratio = seconds(num_workers=2) / seconds(num_workers=0)
    print("with workers it takes", round(ratio), "times as long")
    #> with workers it takes ... times as long
    assert ratio > 1
