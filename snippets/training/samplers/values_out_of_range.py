from textwrap import fill

from torch.utils.data import DataLoader

for options in [
    {"num_workers": -1},
    {"timeout": -1},
    {"num_workers": 1, "prefetch_factor": -1},
    {"batch_size": 0},
    {"batch_size": 2.0},
    {"drop_last": 1},
]:
    try:
        DataLoader(range(4), **options)
    except ValueError as error:
        print(fill(str(error), 80))
#> num_workers option should be non-negative; use num_workers=0 to disable
#> multiprocessing.
#> timeout option should be non-negative
#> prefetch_factor option should be non-negative
#> batch_size should be a positive integer value, but got batch_size=0
#> batch_size should be a positive integer value, but got batch_size=2.0
#> drop_last should be a boolean value, but got drop_last=1
