# Needs: snippets
import torch
from snippets.seeding import derive_seed

run = 0
print(derive_seed(run, "split"), derive_seed(run, "shuffle"))
#> 2893321274 659709117
split = torch.Generator().manual_seed(derive_seed(run, "split"))
shuffle = torch.Generator().manual_seed(derive_seed(run, "shuffle"))
print(split.initial_seed() != shuffle.initial_seed())
#> True

print([seed + rank for seed in range(2) for rank in range(2)])
#> [0, 1, 1, 2]
print(len({derive_seed(seed, rank) for seed in range(2) for rank in range(2)}))
#> 4
