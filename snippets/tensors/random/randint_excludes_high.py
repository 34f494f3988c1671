# Device: cpu
import torch

torch.manual_seed(0)
print(torch.randint(10, (2, 5)))
#> tensor([[4, 9, 3, 0, 3],
#>         [9, 7, 3, 7, 3]])

dice = torch.randint(1, 7, (10_000,))
print(dice.min(), dice.max(), dice.dtype)
#> tensor(1) tensor(6) torch.int64
print(dice.unique())
#> tensor([1, 2, 3, 4, 5, 6])
