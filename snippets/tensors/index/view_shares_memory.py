import torch

scores = torch.arange(6)
table = scores.view(2, 3)
table[0, 0] = 100
print(scores)
#> tensor([100,   1,   2,   3,   4,   5])

copy = table.clone()
copy[0, 0] = 0
print(table)
#> tensor([[100,   1,   2],
#>         [  3,   4,   5]])
