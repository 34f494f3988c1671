from torch.utils.data import DataLoader

print([len(batch) for batch in DataLoader(range(9), batch_size=4)])
#> [4, 4, 1]
print([len(batch) for batch in DataLoader(range(9), batch_size=4, drop_last=True)])
#> [4, 4]
