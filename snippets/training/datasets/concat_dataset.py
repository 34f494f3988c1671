from torch.utils.data import ConcatDataset

both = ConcatDataset([range(3), range(100, 105)])
print(len(both), both.cumulative_sizes)
#> 8 [3, 8]
print(both[2], both[3], both[-1])
#> 2 100 104
print([n for n in both])
#> [0, 1, 2, 100, 101, 102, 103, 104]
