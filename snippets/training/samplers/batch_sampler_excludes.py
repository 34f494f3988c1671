from textwrap import fill

from torch.utils.data import DataLoader

for name, value in [
    ("batch_size", 2),
    ("batch_size", None),
    ("shuffle", True),
    ("sampler", [4, 3, 2, 1, 0]),
    ("drop_last", True),
]:
    try:
        DataLoader(range(5), batch_sampler=[[0, 3], [1, 2, 4]], **{name: value})
    except ValueError as error:
        print(fill(f"{name}={value}: {error}", 80))
#> batch_size=2: batch_sampler option is mutually exclusive with batch_size,
#> shuffle, sampler, and drop_last
#> batch_size=None: batch_sampler option is mutually exclusive with batch_size,
#> shuffle, sampler, and drop_last
#> shuffle=True: batch_sampler option is mutually exclusive with batch_size,
#> shuffle, sampler, and drop_last
#> sampler=[4, 3, 2, 1, 0]: batch_sampler option is mutually exclusive with
#> batch_size, shuffle, sampler, and drop_last
#> drop_last=True: batch_sampler option is mutually exclusive with batch_size,
#> shuffle, sampler, and drop_last
