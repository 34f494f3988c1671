from torch.utils.data import DataLoader

print(len(DataLoader(range(10), batch_size=4)))
#> 3
print(len(DataLoader(range(10), batch_size=None)))
#> 10
print(len(DataLoader(range(10), batch_size=2, sampler=[0, 1, 2])))
#> 2

loader = DataLoader(range(10), sampler=(n for n in [0, 1]))
try:
    len(loader)
except TypeError as error:
    print(error)
    #> object of type 'generator' has no len()
print(len(list(loader)), len(list(loader)))
#> 2 0
