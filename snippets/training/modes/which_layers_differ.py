import torch
from torch import nn

switched = [
    nn.Dropout(), nn.Dropout1d(), nn.AlphaDropout(), nn.RReLU(),
    nn.BatchNorm1d(4),
    nn.InstanceNorm1d(4, track_running_stats=True),
    nn.LSTM(6, 5, num_layers=2, dropout=0.5),
    nn.TransformerEncoderLayer(6, nhead=2),
]
the_same = [nn.LayerNorm(6), nn.GroupNorm(2, 4), nn.InstanceNorm1d(4), nn.LSTM(6, 5)]
x = torch.randn(8, 4, 6)
for layers in switched, the_same:
    for layer in layers:
        pair = layer.train()(x), layer.eval()(x)
        a, b = (y[0] if isinstance(y, tuple) else y for y in pair)
        print(type(layer).__name__, torch.allclose(a, b, atol=1e-5))
#> Dropout False
#> Dropout1d False
#> AlphaDropout False
#> RReLU False
#> BatchNorm1d False
#> InstanceNorm1d False
#> LSTM False
#> TransformerEncoderLayer False
#> LayerNorm True
#> GroupNorm True
#> InstanceNorm1d True
#> LSTM True
