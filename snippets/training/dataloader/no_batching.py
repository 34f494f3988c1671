# Needs: numpy
import numpy as np
from torch.utils.data import DataLoader

dataset = [np.array([1, 2]), np.array([3, 4, 5])]
loader = DataLoader(dataset, batch_size=None)
print(loader.batch_sampler, loader.collate_fn.__name__)
#> None default_convert
for sample in loader:
    print(sample)
#> tensor([1, 2])
#> tensor([3, 4, 5])

loader = DataLoader(dataset, batch_size=None, collate_fn=lambda sample: sample.sum())
print([sample.item() for sample in loader])
#> [3, 12]
