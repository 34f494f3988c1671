import torch
from torch.utils.data import DataLoader, TensorDataset

x = torch.arange(6.0).view(3, 2)
y = torch.tensor([0, 1, 0])
dataset = TensorDataset(x, y)
print(len(dataset), dataset[1])
#> 3 (tensor([2., 3.]), tensor(1))
for xb, yb in DataLoader(dataset, batch_size=2):
    print(xb.shape, yb)
#> torch.Size([2, 2]) tensor([0, 1])
#> torch.Size([1, 2]) tensor([0])

try:
    TensorDataset(x, y[:2])
except AssertionError as error:
    print(error)
    #> Size mismatch between tensors
