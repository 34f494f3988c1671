from torch.utils.data import DataLoader, SequentialSampler

dataset = range(10)
batch_size, num_workers = 4, 2
loader = DataLoader(dataset, batch_size, num_workers)
print(loader.num_workers, type(loader.sampler).__name__)
#> 0 RandomSampler

sampler = SequentialSampler(dataset)
try:
    DataLoader(dataset, batch_size, num_workers, sampler=sampler)
except ValueError as error:
    print(error)
    #> sampler option is mutually exclusive with shuffle
