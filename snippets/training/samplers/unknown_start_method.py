from textwrap import fill

from torch.utils.data import DataLoader

for value in ("thread", 1):
    try:
        DataLoader(range(4), num_workers=1, multiprocessing_context=value)
    except (ValueError, TypeError) as error:
        print(fill(f"{type(error).__name__}: {error}", 80))
#> ValueError: multiprocessing_context option should specify a valid start method
#> in ... but got multiprocessing_context='thread'
#> TypeError: multiprocessing_context option should be a valid context object or a
#> string specifying the start method, but got multiprocessing_context=1
