# Device: cpu
from torch.utils.data import DataLoader, Dataset, get_worker_info


class Flowers(Dataset):
    petals = [14, 13, 15, 47, 45, 49, 60, 51]

    def __len__(self):
        return len(self.petals)

    def __getitem__(self, index):
        info = get_worker_info()
        return self.petals[index], -1 if info is None else info.id


if __name__ == "__main__":
    for num_workers in (0, 2):
        loader = DataLoader(Flowers(), batch_size=2, num_workers=num_workers)
        print([(batch.tolist(), ids.unique().item()) for batch, ids in loader])
    #> [([14, 13], -1), ([15, 47], -1), ([45, 49], -1), ([60, 51], -1)]
    #> [([14, 13], 0), ([15, 47], 1), ([45, 49], 0), ([60, 51], 1)]
