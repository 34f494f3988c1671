from torch.utils.data import DataLoader

loader = DataLoader(range(4), timeout=5)
message = "_SingleProcessDataLoaderIter requires timeout == 0"
try:
    iter(loader)
except AssertionError as error:
    print(type(error).__name__, str(error) in (message, ""))
    #> AssertionError True
