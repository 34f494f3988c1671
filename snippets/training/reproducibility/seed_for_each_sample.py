# Needs: snippets
# Device: cpu
import torch
from snippets.seeding import derive_seed
from torch.utils.data import DataLoader


class Noise:
    def __init__(self, epoch):
        self.epoch = epoch

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(derive_seed(0, self.epoch, index))
        return round(torch.rand((), generator=generator).item(), 3)


def draw(epoch, indices, workers):
    return list(DataLoader(Noise(epoch), None, sampler=indices, num_workers=workers))


if __name__ == "__main__":
    one, two = draw(0, range(6), workers=1), draw(0, range(6), workers=2)
    rest = draw(0, range(4, 6), workers=2)
    print(one, two, rest, sep="\n")
    #> [0.185, 0.257, 0.182, 0.266, 0.811, 0.706]
    #> [0.185, 0.257, 0.182, 0.266, 0.811, 0.706]
    #> [0.811, 0.706]
    assert one == two and rest == two[4:]
    print(draw(1, range(6), workers=2))
    #> [0.079, 0.628, 0.838, 0.966, 0.783, 0.27]
