# Device: cpu
from torch.utils.data import DataLoader, Dataset, get_worker_info


class Numbers(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        info = get_worker_info()
        return index, -1 if info is None else info.id


if __name__ == "__main__":
    for num_workers in (0, 2):
        loader = DataLoader(Numbers(), batch_size=2, num_workers=num_workers)
        print([(batch.tolist(), ids.unique().item()) for batch, ids in loader])
    #> [([0, 1], -1), ([2, 3], -1), ([4, 5], -1), ([6, 7], -1)]
    #> [([0, 1], 0), ([2, 3], 1), ([4, 5], 0), ([6, 7], 1)]
