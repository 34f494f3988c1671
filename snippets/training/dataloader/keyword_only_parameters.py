from torch.utils.data import DataLoader

loader = DataLoader(range(10), 4, True)
print(loader.batch_size, type(loader.sampler).__name__)
#> 4 RandomSampler

up_to_generator = (1, None, None, None, 0, None, False, False, 0, None, None, None)
print(len(DataLoader(range(10), *up_to_generator)))
#> 10
try:
    DataLoader(range(10), *up_to_generator, 2)
except TypeError as error:
    print(error)
    #> DataLoader.__init__() takes from 2 to 14 positional arguments but 15 were given
