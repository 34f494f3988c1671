import torch
from torch.utils.data import Subset, TensorDataset

dataset = TensorDataset(torch.tensor([10, 20, 30, 40, 50]))
odd = Subset(dataset, [1, 3])
print(len(odd), odd[0], odd[1])
#> 2 (tensor(20),) (tensor(40),)
print(odd.indices, odd.dataset is dataset)
#> [1, 3] True

dataset.tensors[0][3] = 44
print(odd[1])
#> (tensor(44),)
