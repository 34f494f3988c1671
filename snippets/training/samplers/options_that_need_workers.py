from textwrap import fill

from torch.utils.data import DataLoader

for name, value in [
    ("prefetch_factor", 2),
    ("persistent_workers", True),
    ("multiprocessing_context", "fork"),
]:
    try:
        DataLoader(range(4), num_workers=0, **{name: value})
    except ValueError as error:
        print(fill(str(error), 80))
#> prefetch_factor option could only be specified in multiprocessing.let
#> num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to
#> None.
#> persistent_workers option needs num_workers > 0
#> multiprocessing_context can only be used with multi-process loading (num_workers
#> > 0), but got num_workers=0
