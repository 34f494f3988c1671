# Device: cpu
from itertools import islice

from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class Numbers(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        start, step = (info.id, info.num_workers) if info else (0, 1)
        return islice(range(8), start, None, step)


if __name__ == "__main__":
    for num_workers in (0, 2):
        loader = DataLoader(Numbers(), batch_size=2, num_workers=num_workers)
        print([batch.tolist() for batch in loader])
    #> [[0, 1], [2, 3], [4, 5], [6, 7]]
    #> [[0, 2], [1, 3], [4, 6], [5, 7]]
