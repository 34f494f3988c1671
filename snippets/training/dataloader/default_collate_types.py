# Needs: numpy
import numpy as np
from torch.utils.data import default_collate

for samples in [
    [1, 2],
    [1.0, 2.0],
    [np.float32(1), np.float32(2)],
    [True, False],
    ["cat", "dog"],
]:
    print(default_collate(samples))
#> tensor([1, 2])
#> tensor([1., 2.], dtype=torch.float64)
#> tensor([1., 2.])
#> tensor([ True, False])
#> ['cat', 'dog']
