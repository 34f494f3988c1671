# Needs: snippets
# Device: cpu
import torch
from snippets.seeding import seed_worker
from torch.utils.data import DataLoader


class Noise:
    def __init__(self):
        self.generator = torch.Generator().manual_seed(0)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.rand((), generator=self.generator).item()


if __name__ == "__main__":
    for init in [None, seed_worker]:
        torch.manual_seed(0)
        loader = DataLoader(Noise(), None, num_workers=2, worker_init_fn=init)
        drawn = [*loader, *loader]
        print(len(drawn), len(set(drawn)))
    #> 8 2
    #> 8 8
