# Needs: torch>=2.6
from torch.utils.data import DataLoader

loader = DataLoader(range(4), 2, worker_init_fn=print, in_order=False)
print([batch.tolist() for batch in loader])
#> [[0, 1], [2, 3]]
