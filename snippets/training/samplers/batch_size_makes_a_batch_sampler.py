from torch.utils.data import DataLoader

loader = DataLoader(range(10, 15), batch_size=2, sampler=[4, 2, 0], drop_last=True)
print(type(loader.batch_sampler).__name__, loader.sampler)
#> BatchSampler [4, 2, 0]
print(list(loader.batch_sampler))
#> [[4, 2]]
print([batch.tolist() for batch in loader])
#> [[14, 12]]
