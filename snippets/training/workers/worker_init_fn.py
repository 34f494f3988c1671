# Device: cpu
from torch.utils.data import DataLoader, Dataset, get_worker_info


class Readings(Dataset):
    def __init__(self):
        self.file = None

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return index, self.file


def choose_file(worker_id):
    get_worker_info().dataset.file = f"part-{worker_id}.txt"


if __name__ == "__main__":
    dataset = Readings()
    loader = DataLoader(dataset, None, num_workers=2, worker_init_fn=choose_file)
    print(list(loader), dataset.file)
    #> [[0, 'part-0.txt'], [1, 'part-1.txt'], [2, 'part-0.txt'], [3, 'part-1.txt']] None
