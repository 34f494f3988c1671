from torch.utils.data import DataLoader

loader = DataLoader(range(4), timeout=5)
message = "_SingleProcessDataLoaderIter requires timeout == 0"
try:
    iter(loader)
except AssertionError as error:
    text = str(error)
    print(type(error).__name__)
    #> AssertionError
assert text in (message, "")  # empty before 2.10
