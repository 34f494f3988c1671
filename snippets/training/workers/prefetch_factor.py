# Device: cpu
from torch.utils.data import DataLoader

asked = []


def indices():
    for index in range(20):
        asked.append(index)
        yield index


if __name__ == "__main__":
    for factor in (None, 4):
        asked.clear()
        loader = DataLoader(
            range(20), None, sampler=indices(), num_workers=2, prefetch_factor=factor
        )
        batches = iter(loader)
        before = len(asked)
        next(batches)
        print(loader.prefetch_factor, before, len(asked))
    #> 2 4 5
    #> 4 8 9
