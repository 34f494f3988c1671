import torch
from torch.utils.data import Dataset, Subset


class Waves(Dataset):
    def __init__(self, x, flip=False):
        self.x, self.flip = x, flip

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return -self.x[index] if self.flip else self.x[index]


x = torch.tensor([1.0, 2.0, 3.0, 4.0])
dataset = Waves(x)
train, valid = Subset(dataset, [0, 1, 2]), Subset(dataset, [3])
train.dataset.flip = True
print(train[0], valid[0])
#> tensor(-1.) tensor(-4.)

train, valid = Subset(Waves(x, flip=True), [0, 1, 2]), Subset(Waves(x), [3])
print(train[0], valid[0])
#> tensor(-1.) tensor(4.)
