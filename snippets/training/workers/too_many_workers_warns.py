import warnings
from textwrap import fill

from torch.utils.data import DataLoader

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    DataLoader(range(4), num_workers=5000)
print(fill(str(caught[0].message), 80))
#> This DataLoader will create 5000 worker processes in total. Our suggested max
#> number of worker in current system is ... which is smaller than what this
#> DataLoader is going to create. Please be aware that excessive worker creation
#> might get DataLoader running slow or even freeze, lower the worker number to
#> avoid potential slowness/freeze if necessary.
