from torch.utils.data import DataLoader, RandomSampler

dataset = range(5)
try:
    DataLoader(dataset, shuffle=True, sampler=RandomSampler(dataset))
except ValueError as error:
    print(error)
    #> sampler option is mutually exclusive with shuffle
