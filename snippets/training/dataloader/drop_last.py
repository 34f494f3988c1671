from torch.utils.data import DataLoader

for drop_last in (False, True):
    loader = DataLoader(range(10), batch_size=4, drop_last=drop_last)
    print(len(loader), [batch.tolist() for batch in loader])
#> 3 [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
#> 2 [[0, 1, 2, 3], [4, 5, 6, 7]]
