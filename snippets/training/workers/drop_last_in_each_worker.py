# Device: cpu
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class Numbers(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        return iter(range(info.id, 14, info.num_workers) if info else range(14))


if __name__ == "__main__":
    for num_workers in (0, 2):
        loader = DataLoader(
            Numbers(), batch_size=4, num_workers=num_workers, drop_last=True
        )
        print([batch.tolist() for batch in loader])
    #> [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    #> [[0, 2, 4, 6], [1, 3, 5, 7]]
