from torch.utils.data import DataLoader

petals = [14, 13, 15, 47, 45, 49, 60, 51, 59]
for drop_last in (False, True):
    loader = DataLoader(petals, batch_size=4, drop_last=drop_last)
    print(len(loader), [batch.tolist() for batch in loader])
#> 3 [[14, 13, 15, 47], [45, 49, 60, 51], [59]]
#> 2 [[14, 13, 15, 47], [45, 49, 60, 51]]
