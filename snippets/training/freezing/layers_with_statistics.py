from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

layers = [
    nn.BatchNorm1d(2),
    nn.BatchNorm2d(2),
    nn.SyncBatchNorm(2),
    nn.InstanceNorm2d(2),
    nn.InstanceNorm2d(2, track_running_stats=True),
    nn.LayerNorm(2),
    nn.GroupNorm(1, 2),
]
for layer in layers:
    known = isinstance(layer, nn.BatchNorm2d), isinstance(layer, _BatchNorm)
    moves = getattr(layer, "running_mean", None) is not None
    print(f"{type(layer).__name__:14}", *known, moves)
#> BatchNorm1d    False True True
#> BatchNorm2d    True True True
#> SyncBatchNorm  False True True
#> InstanceNorm2d False False False
#> InstanceNorm2d False False True
#> LayerNorm      False False False
#> GroupNorm      False False False
