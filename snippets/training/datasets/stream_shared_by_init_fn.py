# Device: cpu
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class Numbers(IterableDataset):
    def __init__(self, start, end):
        self.start, self.end = start, end

    def __iter__(self):
        return iter(range(self.start, self.end))


def take_a_share(worker_id):
    info = get_worker_info()
    share = info.dataset.end // info.num_workers
    info.dataset.start = worker_id * share
    info.dataset.end = info.dataset.start + share


if __name__ == "__main__":
    dataset = Numbers(0, 8)
    loader = DataLoader(dataset, 2, num_workers=2, worker_init_fn=take_a_share)
    print([batch.tolist() for batch in loader])
    #> [[0, 1], [4, 5], [2, 3], [6, 7]]
    print(dataset.start, dataset.end)
    #> 0 8
