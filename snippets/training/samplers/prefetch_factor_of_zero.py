# Warns: AttributeError
from torch.utils.data import DataLoader

loader = DataLoader(range(4), num_workers=1, prefetch_factor=0)
message = "prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter"
try:
    iter(loader)
except AssertionError as error:
    text = str(error)
    print(type(error).__name__)
    #> AssertionError
assert text in (message, "")  # empty before 2.10
