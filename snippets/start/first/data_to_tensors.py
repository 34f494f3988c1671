# Needs: sklearn
import torch
from sklearn.datasets import load_digits

digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16  # 0 to 16 becomes 0 to 1
labels = torch.tensor(digits.target)
print(images.shape, images.dtype)
#> torch.Size([1797, 64]) torch.float32
print(labels.shape, labels.dtype)
#> torch.Size([1797]) torch.int64
print(labels[:5])
#> tensor([0, 1, 2, 3, 4])
