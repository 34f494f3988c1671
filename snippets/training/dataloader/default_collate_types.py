# Needs: numpy
import numpy as np
from torch.utils.data import default_collate

for samples in [
    [14, 13],
    [1.4, 1.3],
    [np.float32(1.4), np.float32(1.3)],
    [True, False],
    ["setosa", "virginica"],
]:
    print(default_collate(samples))
#> tensor([14, 13])
#> tensor([1.4000, 1.3000], dtype=torch.float64)
#> tensor([1.4000, 1.3000])
#> tensor([ True, False])
#> ['setosa', 'virginica']
