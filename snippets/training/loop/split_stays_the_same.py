# Needs: sklearn
# Device: cpu
import torch
from sklearn.datasets import load_digits
from torch.utils.data import TensorDataset, random_split

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
dataset = TensorDataset(images, torch.tensor(digits.target))
print(images.shape, images.amin().item(), images.amax().item())
#> torch.Size([1797, 1, 8, 8]) 0.0 1.0


def split(generator=None):
    parts = random_split(dataset, [1197, 300, 300], generator=generator)
    return [set(part.indices) for part in parts]


train, val, test = split(torch.Generator().manual_seed(0))
print(len(train | val | test), "images, each in one part")
#> 1797 images, each in one part
print(split(torch.Generator().manual_seed(0)) == [train, val, test])
#> True

torch.manual_seed(0)
train, _, test = split()
train_again, _, _ = split()
print(len(train_again & test), "of 300 test images are trained on")
#> 205 of 300 test images are trained on
