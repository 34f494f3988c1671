from torch.utils.data import DataLoader

batches = [[0, 3], [1, 2, 4]]
loader = DataLoader(range(10, 15), batch_sampler=batches)
print([batch.tolist() for batch in loader])
#> [[10, 13], [11, 12, 14]]
print(loader.batch_size, loader.drop_last, loader.batch_sampler is batches)
#> None False True

defaults = {"batch_size": 1, "shuffle": False, "sampler": None, "drop_last": False}
print(len(DataLoader(range(10, 15), batch_sampler=batches, **defaults)))
#> 2
