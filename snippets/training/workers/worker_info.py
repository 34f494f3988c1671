# Device: cpu
import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info


class Words(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        info = get_worker_info()
        same = info.seed == torch.initial_seed()
        return f"worker {info.id} of {info.num_workers}", same, torch.get_num_threads()


if __name__ == "__main__":
    print(get_worker_info())
    #> None
    for sample in DataLoader(Words(), batch_size=None, num_workers=2):
        print(sample)
    #> ['worker 0 of 2', True, 1]
    #> ['worker 1 of 2', True, 1]
