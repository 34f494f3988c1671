from torch.utils.data import DataLoader

print(len(DataLoader([])))
#> 0
try:
    DataLoader([], shuffle=True)
except ValueError as error:
    print(error)
    #> num_samples should be a positive integer value, but got num_samples=0
