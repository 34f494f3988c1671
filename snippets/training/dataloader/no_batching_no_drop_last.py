from textwrap import fill

from torch.utils.data import DataLoader

try:
    DataLoader(range(5), batch_size=None, drop_last=True)
except ValueError as error:
    print(fill(str(error), 80))
    #> batch_size=None option disables auto-batching and is mutually exclusive with
    #> drop_last
